# CareBridge: everything a developer runs. `make` alone lists the targets.

.DEFAULT_GOAL := help
.PHONY: help run dev staff test test-full drill bench lint format check-deploy pins fixtures clean
.PHONY: ready migrate
SHELL := /bin/sh

PORT ?= 8000
# The first Python that is new enough; `make run PYTHON=/path/to/python3.12` names another.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))

IN_VENV := .venv/bin/python
PIP := $(IN_VENV) -m pip --disable-pip-version-check
# The pins are whole, so nothing is resolved: what is published later changes nothing here.
INSTALL_PINS := $(PIP) install --quiet --no-deps --require-hashes -r
MANAGE := $(IN_VENV) manage.py
# Whatever sets up this checkout, one after another: two may be started at once.
SET_UP = $(if $(PYTHON),"$(PYTHON)" deploy/one_at_a_time.py) $(MAKE) --no-print-directory
STATIC_SOURCES = $(shell find static -print 2>/dev/null)

help: ## list what can be run
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1|\2/p' Makefile \
		| while IFS='|' read -r target text; do printf '%-18s %s\n' "$$target" "$$text"; done

run: ## set up if need be, then serve on 127.0.0.1:8000 (PORT=9000 for another)
	@$(SET_UP) .venv/.runtime
	@$(IN_VENV) gunicorn.conf.py $(PORT)
	@$(SET_UP) ready
	@DEBUG=false $(IN_VENV) -m gunicorn carebridge.wsgi --bind 127.0.0.1:$(PORT)

dev: ## serve with reload and tracebacks
	@$(SET_UP) .venv/.runtime migrate
	@DEBUG=true $(MANAGE) runserver $(PORT)

staff: ## make a staff account
	@$(SET_UP) .venv/.runtime migrate
	@$(MANAGE) create_staff

test: ## the suite on SQLite and PostgreSQL, and in a browser
	@$(SET_UP) .venv/.dev var/secret_key
	@$(IN_VENV) tests/run.py

test-full: ## the same with the long ones
	@$(SET_UP) .venv/.dev var/secret_key
	@$(IN_VENV) tests/run.py --full

bench: .venv/.dev var/.collected var/secret_key ## measure at 4,100, 41,000 and 410,000 homes (20 min)
	@$(IN_VENV) -m tests.bench

drill: .venv/.dev var/secret_key ## ten minutes in which everything fails once; writes docs/reliability.md
	@$(IN_VENV) -m tests.drill --output docs/reliability.md

lint: .venv/.dev var/secret_key ## ruff, djade, mypy, missing migrations
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .
	find templates/admin -name '*.html' -exec .venv/bin/djade --target-version 5.2 --check {} +
	$(IN_VENV) -m mypy
	$(MANAGE) makemigrations --check --dry-run

format: .venv/.dev ## let ruff and djade rewrite what they can
	$(IN_VENV) -m ruff check --fix .
	$(IN_VENV) -m ruff format .
	find templates/admin -name '*.html' -exec .venv/bin/djade --target-version 5.2 {} +

check-deploy: .venv/.runtime ## Django's checks on production settings
	@DEBUG=false HTTPS=true ALLOWED_HOSTS=example.org STAFF_TOTP=required \
		SECRET_KEY="$$($(IN_VENV) -c 'import secrets; print(secrets.token_urlsafe(60))')" \
		$(MANAGE) check --deploy --fail-level WARNING

# uv is not among the pins: it only writes them. `make pins UPGRADE=` adds what is new and leaves the rest.
UPGRADE ?= --upgrade
pins: .venv/.dev ## pin what requirements*.in ask for, by version and hash
	$(PIP) install --quiet uv
	for name in requirements requirements-dev; do \
		$(IN_VENV) -m uv pip compile --quiet --universal --python-version 3.11 --no-strip-extras $(UPGRADE) \
			--generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
			"$$name.in" --output-file "$$name.txt" || exit 1; \
	done

fixtures: .venv/.runtime ## build the shipped data again from its facts
	for script in fixtures/build_regions.py fixtures/build_*.py; do $(IN_VENV) "$$script" || exit 1; done

clean: ## remove the environment and all data of this checkout
	rm -rf .venv var .coverage .coverage.* htmlcov .pytest_cache .ruff_cache .mypy_cache .hypothesis

# What `run`, `dev` and `staff` stand on.

ready: migrate var/.collected

# What lies in var/ is read by its owner alone, also what an earlier release wrote.
migrate: var/secret_key
	@chmod -R go-rwx var
	@DEBUG=false $(MANAGE) migrate --verbosity 0
	@DEBUG=false $(MANAGE) load_fixtures
	@DEBUG=false $(MANAGE) refresh_listings --due --verbosity 0

.venv/.runtime: requirements.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "CareBridge needs Python 3.11 or newer; this machine's python3 is: $$(python3 --version 2>&1)."; \
		echo "Install one, or name it: make run PYTHON=/path/to/python3.11"; exit 1; fi
	@echo "Installing what the site needs into .venv (about a minute, once) ..."
	@"$(PYTHON)" -m venv .venv
	@$(INSTALL_PINS) requirements.txt
	@$(PIP) check
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.txt
	@echo "Installing what the tests need into .venv (about a minute, once) ..."
	@$(INSTALL_PINS) requirements-dev.txt
	@$(PIP) check
	@touch $@

var/secret_key: | .venv/.runtime
	@mkdir -p -m 700 var
	@umask 077; $(IN_VENV) -c 'import secrets; print(secrets.token_urlsafe(60))' > $@.new
	@mv $@.new $@

# Directories count too: a removed file changes its directory.
var/.collected: .venv/.runtime $(STATIC_SOURCES)
	@DEBUG=false $(MANAGE) collectstatic --noinput --clear --verbosity 0
	@touch $@
