"""The people who place orders."""
