"""What can be done; knows nothing of HTTP."""
