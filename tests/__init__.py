"""Renders, boots and verifies every variant of the template."""
