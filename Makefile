# Everything a maintainer runs. Each target makes the .venv that it needs.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
DEMO := build/order-service
# One more than a small machine has cores: for a fifth of their time, tests wait.
WORKERS ?= 3

# uv trusts the certificates of the system, as pip does.
export UV_SYSTEM_CERTS ?= 1

# What tells most in a minute: every variant as text, and the default one in use.
FAST := not linted and not make_check and \
  (test_rendering or test_repository or domain-functions-sqlite-jwt-none)

.PHONY: help demo test test-fast lint format bench clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: .venv/generate ## generate build/order-service and serve it (PORT=8000, FRESH=1)
	@if [ -n "$(FRESH)" ]; then rm -rf $(DEMO) $(DEMO).seeded; fi
	@test -e $(DEMO) || (rm -rf build/new && PATH="$(CURDIR)/$(BIN):$$PATH" \
	  $(BIN)/cookiecutter . --default-config --no-input -o build/new setup=false && \
	  mv build/new/order-service $(DEMO))
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python $(DEMO)/scripts/setup.py
	@test -e $(DEMO).seeded || (cd $(DEMO) && .venv/bin/python manage.py seed \
	  --users 50 --orders 200 && .venv/bin/python -c \
	  'import secrets; print(secrets.token_urlsafe(12))' > ../order-service.seeded && \
	  .venv/bin/python manage.py create-superuser demo@example.com \
	  < ../order-service.seeded)
	@echo "Sign in as demo@example.com with the password $$(cat $(DEMO).seeded)"
	@echo "http://127.0.0.1:$(PORT) is the service, with its documentation at /docs"
	@cd $(DEMO) && PORT=$(PORT) exec .venv/bin/gunicorn app.wsgi:app

test: .venv/test ## run the whole test suite (ARGS="-k readme" for a part of it)
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

test-fast: .venv/test ## the inner loop: variants as text, the default one set up and served
	@$(BIN)/python -m pytest -n $(WORKERS) \
	  tests/test_rendering.py tests/test_repository.py tests/test_applications.py \
	  -k "$(FAST)" $(ARGS)

lint: .venv/test ## check the template's own code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/test ## format the template's own code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/bench ## measure generation, serving, growth, sign-in, drills, metrics and the dashboard
	$(BIN)/python benchmarks/generation.py
	$(BIN)/python benchmarks/serving.py --plot docs/serving.svg
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/sign_in.py
	$(BIN)/python benchmarks/drills.py
	$(BIN)/python benchmarks/metrics.py
	$(BIN)/python benchmarks/dashboard.py

clean: ## remove what these targets made
	@! mountpoint -q build/containers/images/overlay || umount build/containers/images/overlay
	rm -rf .venv build

# Written last, so that an interrupted installation is done again.
.venv/generate .venv/test .venv/bench: pyproject.toml
	@test -x $(BIN)/uv || $(PYTHON) -m venv --clear .venv || \
	  (echo 'No venv module? On Debian and Ubuntu: apt install python3-venv'; exit 1)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group $(@F)
	@touch $@
