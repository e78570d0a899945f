"""Authentication (who asks) and authorization (what they may do)."""
