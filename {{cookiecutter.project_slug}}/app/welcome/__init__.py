"""The welcome page at `/`."""
