# `make demo` and `make test` are all a newcomer needs; both set up what is missing first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# An environment variable of the caller must not redirect imports of ours.
export PYTHONPATH :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTHON_READY := $(VENV)/.ready
NODE_READY := node_modules/.ready

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-real test-editors check format bench gate calibration dist try-dist lock site

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(PYTHON_READY) $(NODE_READY) ## Make .venv and node_modules; instant when nothing changed

demo: $(PYTHON_READY) ## The main job, end to end, on a small real project
	@$(BIN)/lacuna-ls demo $(ARGS)

test: setup ## All ordinary tests: Python on three processes, which often wait, then the extension; no network
	$(BIN)/pytest -n 3
	npm --silent test

# Fetched once, outside of this folder; exits with 3 where there is no apt or no network.
test-real: $(PYTHON_READY) ## A real llama-server with a model of made-up weights, and `lacuna-ls model serve` (network, once)
	@program=$$(tests/real/get_llama_server.sh "$${XDG_CACHE_HOME:-$$HOME/.cache}/lacuna-real/llama") || exit $$?; \
	  LACUNA_LLAMA_SERVER="$$program" $(BIN)/pytest -n 0 tests/real

# The editors are fetched once, outside of this folder; exits with 3 where there is no apt or no network.
test-editors: $(PYTHON_READY) ## Real editors against the packaged server, a row a feature (network, once)
	@$(BIN)/python tests/editors/run.py $(ARGS)

check: setup ## Linters, formatters, types, the contracts between rooms, and links of the documentation
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/mkdocs build --quiet
	npm run --silent lint
	npm run --silent typecheck

format: setup ## Rewrite the sources in the project's format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	npm exec -- biome check --write

bench: $(PYTHON_READY) ## Latency against a bare server; figures on the terminal
	$(BIN)/python benchmarks/latency.py $(ARGS)

gate: $(PYTHON_READY) ## Fit the weights of the embedded model anew (fetches packages, takes minutes)
	$(BIN)/python benchmarks/gate.py $(ARGS)
	$(BIN)/python benchmarks/name_ranking.py $(ARGS)

calibration: $(PYTHON_READY) ## Measure the shipped calibration anew (fetches packages, takes minutes)
	$(BIN)/python benchmarks/make_calibration.py $(ARGS)

nightly: setup ## The tests' process in every Python found, with pytest 7, 8 and the newest (needs network)
	$(BIN)/python tests/interpreters/matrix.py $(ARGS)

dist: setup ## Wheel, sdist and .vsix in dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	npm run --silent package -- "$(CURDIR)/dist"

try-dist: dist ## The wheel in a clean environment, and its demo there (needs network)
	$(PYTHON) -m venv --clear build/clean
	build/clean/bin/python -m pip install --quiet dist/*.whl
	build/clean/bin/lacuna-ls demo

site: $(PYTHON_READY) ## The documentation as a site in build/site/
	$(BIN)/mkdocs build --quiet

# uv is the one tool here that the project does not install: only this target needs it.
lock: ## Pin requirements-dev.txt anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
	  --group dev --output-file requirements-dev.txt pyproject.toml

$(PYTHON_READY): requirements-dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	  echo "No $(PYTHON) found. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); Lacuna needs 3.11 or newer. Name another one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_READY): package-lock.json package.json client-vscode/package.json
	@command -v node >/dev/null && command -v npm >/dev/null || { \
	  echo "Node.js with npm is missing. Install Node.js 20 or newer and put it on PATH" >&2; exit 1; }
	@node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' || { \
	  echo "node is $$(node --version); Lacuna needs Node.js 20 or newer" >&2; exit 1; }
	npm ci
	@touch $@
