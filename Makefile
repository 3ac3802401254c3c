# The one door to this repository; `make` alone shows what there is.
#
# It needs GNU make and Python 3.11 or later with its venv module, nothing else. All is installed into .venv, from the
# locked lists in requirements/ whose hashes are checked; nothing is installed outside. Another interpreter:
# `make test PYTHON=python3.12`. Only `make lock` needs uv (https://docs.astral.sh/uv/).

PYTHON ?= python3
UV ?= uv
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The package is built by the locked hatchling, so that nothing is fetched besides what the lists name.
INSTALL_BELLWIRE := $(PIP) install --no-deps --no-build-isolation --editable .
FROM_LOCK := $(PIP) install --require-hashes --requirement
PYTEST := $(BIN)/python -m pytest

CHECK_PYTHON := import sys; sys.exit(sys.version_info < (3, 11) and \
	"Bellwire needs Python 3.11 or later, $(PYTHON) is " + sys.version.split()[0] + "; \
	name a later one: make PYTHON=python3.12 ...")
CHECK_VENV := import importlib.util as u, sys; sys.exit(not (u.find_spec("venv") and u.find_spec("ensurepip")) and \
	"$(PYTHON) lacks its venv module; install it (Debian, Ubuntu: apt install python3-venv), then run make again")

.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:

##@ Try it

.PHONY: demo
demo: .venv/run.stamp ## Show Bellwire at work until Ctrl-C; with ONCE=1 it ends by itself
	@$(BIN)/bellwire demo $(if $(ONCE),--once) $(ARGS)

.PHONY: serve
serve: .venv/run.stamp ## Run the server; settings as ARGS="--data ./data" or BELLWIRE_* variables
	@$(BIN)/bellwire serve $(ARGS)

##@ Work on it

.PHONY: setup
setup: .venv/dev.stamp ## Install Bellwire and all tools into .venv (the others do it when needed)
	@echo "Ready in .venv"

.PHONY: test
test: .venv/dev.stamp ## Run every test; a part of them: ARGS="-k signing"
	@$(PYTEST) --numprocesses auto --dist loadgroup -rfEs $(ARGS)

.PHONY: check
check: .venv/dev.stamp ## Check form, style, types, imports and the rules in tests/tidy
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(PYTEST) --quiet tests/tidy

.PHONY: fix
fix: .venv/dev.stamp ## Repair what can be repaired by itself: form and some of the style
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

.PHONY: ledger
ledger: .venv/dev.stamp ## Kill the server at random and account for every event afterwards; ARGS="--kills 100"
	@PYTHONPATH=tests $(BIN)/python -m faults.ledger $(ARGS)

.PHONY: hunt
hunt: .venv/dev.stamp ## Ask the server what its description allows, at random and for long; EXAMPLES=1000 for longer
	@HUNT_EXAMPLES=$(or $(EXAMPLES),200) $(PYTEST) $(ARGS) tests/web/test_description_holds.py

.PHONY: cover
cover: .venv/dev.stamp ## Run every test and show what none of them reaches; model and rules must be reached whole
	@$(PYTEST) --numprocesses auto --dist loadgroup --cov --cov-report=term-missing:skip-covered $(ARGS)
	@$(BIN)/coverage report --include='src/bellwire/model/*,src/bellwire/rules/*' --skip-covered --fail-under=100

.PHONY: bench
bench: .venv/dev.stamp ## Measure Bellwire beside its limits, about an hour; QUICK=1 in two minutes, BASE=<revision> beside it
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(if $(BASE),--base $(BASE)) $(ARGS)

.PHONY: screenshots
screenshots: .venv/dev.stamp ## Picture each page of a server with data into docs/; ARGS=--every for both widths and themes
	@PYTHONPATH=tests $(BIN)/python -m browser.screenshots $(ARGS)

.PHONY: lock
lock: ## Lock the newest versions that pyproject.toml allows; needs uv
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/, or name it: make lock UV=..." >&2; exit 1; }
	@$(LOCK) --upgrade --group build --output-file requirements/run.txt pyproject.toml
	@$(LOCK) --group build --group dev --constraint requirements/run.txt --upgrade --output-file requirements/dev.txt pyproject.toml

LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-emit-index-url

.PHONY: clean
clean: ## Remove .venv and everything else that was made here
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage build dist
	@find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## Show this
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What was set up is remembered by stamps: a change of the lists or of pyproject.toml, or another interpreter, sets up
# again; nothing else does.

PYTHON_STAMP := .venv/made-by-$(subst /,_,$(PYTHON)).stamp

$(PYTHON_STAMP):
	@command -v $(PYTHON) >/dev/null || { echo "there is no $(PYTHON); name a Python of 3.11 or later: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c '$(CHECK_PYTHON)'
	@$(PYTHON) -c '$(CHECK_VENV)'
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/run.stamp: $(PYTHON_STAMP) requirements/run.txt pyproject.toml
	@echo "Installing Bellwire and what it runs on into .venv"
	@$(FROM_LOCK) requirements/run.txt
	@$(INSTALL_BELLWIRE)
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements/dev.txt
	@echo "Installing the tools into .venv"
	@$(FROM_LOCK) requirements/dev.txt
	@touch $@
