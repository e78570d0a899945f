"""What all resources share; nothing in here names one of them.

Every import points down: resources, then the factory's parts `identity` (who asks),
`web` (HTTP) and `data` (the database), then `errors` and `settings`. `make check` holds
that.
"""
