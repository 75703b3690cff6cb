# Everything a person or CI does with this checkout. `make run` is the demo; it needs nothing but
# Python 3.11 or later, Node 20 and make.
BIN := .venv/bin
PYTHON ?= python3
DEFINITIONS := src/lianyi/records/rules/build/r4.json
COMPILERS := $(addprefix tools/,fhir.py definitions.py terminologies.py searching.py invariants.py fhirpath.py \
  fhirpath_trees.py profiles.py units.py value_sets.py)
UV := uv==0.13.9
LOCK = $(BIN)/uv pip compile -q --generate-hashes --no-header --no-emit-index-url --python-version 3.11
export PYTHONPATH := src

run: setup
	@exec $(BIN)/python -m lianyi.cli demo

setup: .venv/run assets compiled
	@$(PYTHON) tools/system.py print

# Every process of an installation reads what is compiled here, also where none may write it.
compiled: .venv/run assets
	@$(BIN)/python -m compileall -q src/lianyi migrations
	@$(BIN)/python -c 'from lianyi.web import jinja; jinja.compile_all()'

node_modules/.package-lock.json: package-lock.json
	@npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

assets: node_modules/.package-lock.json $(DEFINITIONS)
	@$(PYTHON) tools/assets.py

$(DEFINITIONS): node_modules/.package-lock.json $(COMPILERS)
	@$(PYTHON) tools/fhir.py

.venv/run: requirements/run.txt
	fastest=$$($(PYTHON) tools/interpreter.py $(PYTHON)) && "$$fastest" -m venv --clear .venv
	$(BIN)/pip install -q --require-hashes -r requirements/run.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	touch $@

.venv/dev: .venv/run requirements/dev.txt
	$(BIN)/pip install -q --require-hashes -r requirements/dev.txt
	touch $@

.venv/lock: .venv/run
	$(BIN)/pip install -q $(UV)
	touch $@

lock: .venv/lock
	$(LOCK) requirements/run.in -o requirements/run.txt
	$(LOCK) requirements/dev.in -o requirements/dev.txt

# The laws look at the source alone: no database is started for them.
check: .venv/dev assets
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports > .contracts || (cat .contracts; false)
	$(BIN)/pytest tests/laws

# What pytest makes of a test file is kept for the next process, whatever the environment says.
# The browser's loop and ours share no process. Its files begin by their names: by their numbers of
# tests the bad days, which are few and long, would come last and leave a worker alone.
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/dev assets compiled
	@$(PYTHON) tools/system.py print browser
	$(BIN)/pytest -n 3 --dist worksteal --ignore=tests/browser
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder tests/browser

# Both start the demo that is not running, and stop it after.
tour: setup
	@$(BIN)/python -m lianyi.cli tour

bench: setup
	@$(BIN)/python -m lianyi.cli bench

messages: .venv/dev
	$(BIN)/python tools/messages.py

schema: .venv/dev
	$(BIN)/python -m tools.schema

.PHONY: run setup assets compiled lock check test tour bench messages schema
