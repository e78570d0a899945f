"""Prometheus metrics of all processes of the server; loaded with METRICS_PORT only."""

from prometheus_client import values

# The place of this process among those of the server; gunicorn.conf.py gives it. Each
# process counts in files of its own, and finds there what its predecessor counted: by
# place and not by process id, so that there are not more of them with every restart.
place = "main"
# Before any metric is made.
values.ValueClass = values.MultiProcessValue(lambda: place)  # type: ignore[no-untyped-call]
