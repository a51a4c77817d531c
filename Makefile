# Two commands matter: `make demo` shows Parity at work, `make test` proves it. Both start from nothing but Python 3.11+ and make.

PYTHON  ?= python3
PORT    ?= 8000
# Of the tests. They wait for servers a good deal, so more than there are cores.
WORKERS ?= 3
VENV    := .venv
ASSETS  := shared/pages/nhsuk/nhsuk-frontend.min.css
AXE     := build/axe.min.js
BIN     := $(VENV)/bin
LOCK    := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help env demo test check lock kafka faults bench screenshots clean

help:
	@echo 'make demo         start Parity on http://127.0.0.1:$(PORT) with a demonstration (make demo PORT=8123)'
	@echo 'make test         check everything, then run every test'
	@echo 'make check        ruff, mypy, import-linter, squawk'
	@echo 'make env          create .venv with the parity command'
	@echo 'make kafka        run Apache Kafka on this machine (make kafka BROKERS=3)'
	@echo 'make faults       kill and restart things under load, then balance the books'
	@echo 'make bench        measure, and write build/bench.json (make bench ONLY=fold SIZE=30000)'
	@echo 'make screenshots  take the pictures in docs/screenshots anew, with Chromium'
	@echo 'make lock         renew requirements/*.txt from pyproject.toml'
	@echo 'make clean        remove what was built; the data in .parity stays'

# A stamp is newer than the lock it was installed from; a changed lock installs again.
env: $(VENV)/run.stamp $(ASSETS)
	@:

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Parity needs Python 3.11 or later, and '$(PYTHON)' is not. Name one that is: make env PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "'$(PYTHON)' cannot make a virtual environment. On Debian and Ubuntu install the package python3-venv, then try again." >&2; exit 1; }
	@echo 'Creating $(VENV)'
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/run.stamp: requirements/run.txt pyproject.toml $(VENV)/python.stamp
	@echo 'Installing what Parity needs to run, from requirements/run.txt'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp $(ASSETS) $(AXE)
	@echo 'Installing what its developers need, from requirements/dev.txt'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# The pages' stylesheet, and what finds faults in them, come from npm: the system's, or else that of a Python package.
$(ASSETS) $(AXE): deploy/assets/package-lock.json deploy/assets/__main__.py $(VENV)/run.stamp requirements/node.txt
	@echo 'Fetching $(@F)'
	@command -v npm >/dev/null || test -x $(BIN)/npm || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/node.txt
	@$(BIN)/python -m deploy.assets $(if $(filter $(AXE),$@),--tests) && touch $@

demo: env
	@exec $(BIN)/parity demo --port $(PORT)

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/squawk --config deploy/database/squawk.toml $(shell find services shared -path '*/migrations/*.sql')

test: check
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

lock: $(VENV)/dev.stamp
	$(LOCK) pyproject.toml --extra local --output-file requirements/run.txt
	$(LOCK) pyproject.toml --extra local --extra dev --constraint requirements/run.txt --output-file requirements/dev.txt
	$(LOCK) requirements/node.in --output-file requirements/node.txt

kafka: env
	@exec $(BIN)/python -m deploy.kafka --brokers $(or $(BROKERS),1)

faults: $(VENV)/dev.stamp
	$(BIN)/python -m tests.faults $(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY)) $(if $(BROKERS),--brokers $(BROKERS))

bench: $(VENV)/dev.stamp
	$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(SIZE),--size $(SIZE))

screenshots: $(VENV)/dev.stamp
	$(BIN)/python -m tests.browser.screenshots

clean:
	rm -rf build shared/pages/nhsuk $(VENV) *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache deploy/kafka/target deploy/keycloak/target
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
