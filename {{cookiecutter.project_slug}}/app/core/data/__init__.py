"""The database: models, sessions, migrations, and the rules of every table."""
