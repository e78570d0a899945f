"""The production server: how gunicorn's processes read requests and send answers."""
