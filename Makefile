# Everything runs in a virtual environment inside the checkout: nothing is installed
# elsewhere, and `make clean` takes it all away again.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest
# Not compiled, the tests would be read anew by every process of every run.
unexport PYTHONDONTWRITEBYTECODE
# Many tests wait for a lease or a lock: one process more than there are cores.
WORKERS = $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
# A run makes 300,000 small files: in memory, where there is room and programs may start
# there. TMPDIR stays what it is.
IN_MEMORY = $(shell $(PYTHON) -c 'import os; at = "/dev/shm"; its = os.statvfs(at); \
    fit = its.f_bavail * its.f_frsize > 4 << 30 and not its.f_flag & os.ST_NOEXEC; \
    print(f"PYTEST_DEBUG_TEMPROOT={at}" if fit and os.access(at, os.W_OK) else "")' \
    2>/dev/null)

.PHONY: help demo test further stress servers-test ledger-test torture model simulate mutants lint bench bench-docs docs board-shots \
    wheel-test changelog release release-notes clean
.DELETE_ON_ERROR:

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 14

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo 'fleetfeed needs Python 3.11 or later: make PYTHON=python3.11 ...'; exit 1; }
	@echo 'Setting up $(VENV) (once) ...'
	@$(PYTHON) -m venv $(VENV)

# A stamp for each set of packages: a second run installs nothing.
$(VENV)/.ready: pyproject.toml | $(BIN)/python
	@$(PIP) install --editable .
	@touch $@

# `--group` came with pip 25.1; Python 3.11 and 3.12 bring an older one.
$(VENV)/.ready-%: pyproject.toml $(VENV)/.ready
	@$(PIP) install 'pip>=25.1'
	@$(PIP) install --group $*
	@touch $@

demo: $(VENV)/.ready ## the race for one surface, played out on a throw-away server
	@$(BIN)/fleetfeed demo

test: $(VENV)/.ready-test ## every kind of test, in under five minutes on two cores
	@FLEETFEED_TESTS=first $(IN_MEMORY) $(PYTEST) -n $(WORKERS) --dist worksteal

further: $(VENV)/.ready-test ## what `make test` leaves to CI: more rows of the same tables
	@FLEETFEED_TESTS=further $(IN_MEMORY) $(PYTEST) -n $(WORKERS) --dist worksteal

stress: $(VENV)/.ready-test ## the same tests with a thousand examples and all rounds
	@FLEETFEED_STRESS=1 $(IN_MEMORY) $(PYTEST) -n $(WORKERS) --dist worksteal \
	    --timeout 1800

servers-test: $(VENV)/.ready-test ## the tests on OpenSSH, Gitolite and web servers alone, at full size
	@FLEETFEED_STRESS=1 $(PYTEST) -n $(WORKERS) --timeout 1800 tests/servers

ledger-test: $(VENV)/.ready-test ## the stores beside git alone, on every PostgreSQL that is here
	@FLEETFEED_LEDGERS=1 $(IN_MEMORY) $(PYTEST) -n $(WORKERS) --dist worksteal -m ledger

torture: $(VENV)/.ready-test ## real commands on real servers that break, and all checked (MINUTES=1, TORTURE=--help)
	@PYTHONPATH=tests $(BIN)/python -m torture --minutes $(or $(MINUTES),1) $(TORTURE)

model: ## the protocol, visited state by state by a model checker, and its mutations (MODEL=--help)
	@$(PYTHON) protocol/check.py $(MODEL)

SEED ?= 1
DAYS ?= 10
SEATS ?= 30
JOBS ?= 1
simulate: $(VENV)/.ready-test ## a fleet in virtual time, by the code that ships (SEED= DAYS= SEATS= JOBS= SIMULATE=--help)
	@PYTHONPATH=tests $(BIN)/python -m simulator --seed $(SEED) --days $(DAYS) \
	    --seats $(SEATS) --jobs $(JOBS) $(SIMULATE)

mutants: $(VENV)/.ready-mutants ## which small changes of the code no test notices (MUTANTS=--help)
	@PYTHONPATH=tests $(IN_MEMORY) $(BIN)/python -m mutants $(MUTANTS)

lint: $(VENV)/.ready-lint ## ruff, mypy, dead names, who imports whom, what is for CI
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/vulture
	@$(BIN)/lint-imports
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.gitlab-ci ci/gitlab.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows \
	    .github/workflows/*.yml
	@$(BIN)/zizmor --quiet --offline --no-progress .github action.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec \
	    examples/server/compose.yaml

bench: $(VENV)/.ready-test ## what it costs, also with a million posts (BENCH=--help)
	@PYTHONPATH=tests $(BIN)/python -m bench $(BENCH)

bench-docs: override BENCH += --docs docs
bench-docs: bench ## the same, and write the figures into docs/

docs: $(VENV)/.ready ## write what is made of the commands: docs, manual pages, words of completion
	@$(BIN)/python docs/generate.py

board-shots: $(VENV)/.ready-test ## pictures of the board for the docs, by Chromium (SHOTS='--all FOLDER': of each state)
	@PYTHONPATH=tests $(BIN)/python -m board.shots $(or $(SHOTS),docs)

wheel-test: $(VENV)/.ready-dev ## build the wheel from the sdist, try it in a fresh environment
	@rm -rf build/wheel && mkdir -p build
	@$(BIN)/python -m build --outdir build/wheel . > build/wheel.log 2>&1 || { cat build/wheel.log; exit 1; }
	@$(PYTHON) -m venv build/wheel/venv
	@build/wheel/venv/bin/python -m pip --disable-pip-version-check --quiet install build/wheel/*.whl
	@build/wheel/venv/bin/python -P tests/smoke.py
	@build/wheel/venv/bin/python -P tests/wheel_packages.py build/wheel/*.whl
	@$(PYTHON) -m venv build/wheel/with-extras
	@build/wheel/with-extras/bin/python -m pip --disable-pip-version-check --quiet install "fleetfeed[mcp,board] @ file://$$(echo $(CURDIR)/build/wheel/*.whl)"
	@build/wheel/with-extras/bin/python -P tests/smoke.py

changelog: $(VENV)/.ready-dev ## what the next release would say, from changelog.d
	@$(BIN)/towncrier build --draft --version "$(or $(VERSION),next)" 2>/dev/null

release: $(VENV)/.ready-dev ## set the version, build the changelog (VERSION=0.3.0)
	@$(BIN)/python .ci/release prepare "$$VERSION"

release-notes: ## the changelog's section for a tag that is the version's (TAG=v0.3.0)
	@$(PYTHON) .ci/release notes "$$TAG"

clean: ## take away what was made here, the virtual environment included
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
