"""Demo data for `./manage.py seed`."""
