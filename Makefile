# Botwacht. `make help` says what there is; `make run` needs Python 3.11+ and nothing else.
PYTHON ?= python3
BIN := .venv/bin
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard clinic/translations/*/LC_MESSAGES/*.po))

.DEFAULT_GOAL := help
.PHONY: help setup translations run demo check audit test-tools test instructions bench soak lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/ready translations ## environment with hash-locked packages, translations compiled

.venv/ready: requirements.lock pyproject.toml .make/setup
	@PYTHON="$(PYTHON)" .make/setup

translations: $(CATALOGUES) ## compile the catalogues

%.mo: %.po | .venv/ready
	@$(BIN)/pybabel -q compile -i $< -o $@ -l $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))

run: setup ## the clinic on http://127.0.0.1:8000 (HOST, PORT); loads the demo clinic when the register is empty
	@CLINIC_DEMO=$${CLINIC_DEMO-1} exec $(BIN)/clinic serve

demo: setup ## load the demo clinic into an empty register, without serving
	@CLINIC_DEMO=1 $(BIN)/clinic demo

check: setup ## lint, types, layers, house numbers, complete translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.laws.house
	$(BIN)/python -m tests.laws.catalogues
	$(BIN)/python -m tests.laws.parts

audit: setup ## asks the package index for holes in the locked packages that became known since (needs the network)
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/python -m pip -qq --disable-pip-version-check install pip-audit
	.venv/audit/bin/pip-audit --requirement requirements.lock --require-hashes --disable-pip

test-tools: setup
	@.make/test-tools

test: test-tools ## the suite on SQLite and PostgreSQL, with browser journeys; TESTS=path runs a part
ifdef TESTS
	$(BIN)/python -m pytest $(TESTS)
else
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -n logical --maxprocesses 4 --dist worksteal
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report
endif

instructions: test-tools ## one A4 for each role, Dutch and English, with pictures of the demo: docs/instructions/*.pdf
	INSTRUCTIONS=docs/instructions $(BIN)/python -m pytest tests/journeys/test_instructions.py

bench: setup ## speed beside a floor; BENCH_FULL=1 adds a million patients
	$(BIN)/python -m tests.bench

soak: setup test-tools ## hours: longer searches; 1,000 kills of the server on each database; 200,000 hostile requests; every page for every role
	$(BIN)/python -m pytest -p no:cacheprovider --hypothesis-profile=soak tests/domain
	KILLS=200 $(BIN)/python -m pytest -p no:cacheprovider tests/services/test_letters_killed.py
	ACCESS=every $(BIN)/python -m pytest -p no:cacheprovider tests/journeys/test_access.py
	KILLS=1000 $(BIN)/python -m pytest -p no:cacheprovider -s tests/web/test_server_killed.py
	EDITS=10000 $(BIN)/python -m pytest -p no:cacheprovider tests/services/test_many_at_once.py
	REQUESTS=100000 $(BIN)/python -m pytest -p no:cacheprovider tests/laws/test_walker.py
	REQUESTS=100000 WALK_ON=postgresql $(BIN)/python -m pytest -p no:cacheprovider tests/laws/test_walker.py

lock: setup ## write the lock file again (needs uv), without addresses
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --quiet --upgrade -o requirements.lock
