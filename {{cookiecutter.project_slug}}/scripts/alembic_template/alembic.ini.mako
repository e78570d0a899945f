[alembic]
file_template = %%(year)d%%(month).2d%%(day).2d_%%(rev)s_%%(slug)s

[post_write_hooks]
hooks = lint, format
format.type = module
format.module = ruff
format.options = format --quiet REVISION_SCRIPT_FILENAME
lint.type = module
lint.module = ruff
lint.options = check --fix --ignore F401 --quiet --exit-zero REVISION_SCRIPT_FILENAME
