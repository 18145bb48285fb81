# Everything works on a fresh machine with Python 3.10 or newer, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DOCS := $(VENV)/.docs
BROWSER := $(VENV)/.browser
PLUGINS := .meltano/.ready
WHEELS := .meltano/wheels/.ready
AIRFLOW := .airflow/.ready
LOADERS := .meltano/more-loaders/.ready
DBT := .meltano/dbt/.ready
# On a terminal pip shows what it does; a log is spared that.
QUIET := $(shell test -t 2 || echo --quiet)
PYTEST := $(BIN)/python -m pytest --numprocesses 4 --dist loadgroup

.PHONY: help demo what-demo-installs test test-rest test-all live mutants bench lint docs generate clean

help: ## Show what there is to make.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV): the taps, Meltano and the tools for tests. One to four minutes, once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(QUIET) --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

$(DOCS): $(READY)
	$(BIN)/python -m pip install $(QUIET) --disable-pip-version-check \
		--constraint constraints.txt --editable '.[docs]'
	@touch $(DOCS)

# What opens the site in a browser; the browser itself is the system's: `apt-get install chromium`.
$(BROWSER): $(DOCS)
	$(BIN)/python -m pip install $(QUIET) --disable-pip-version-check \
		--constraint constraints.txt --editable '.[browser]'
	@touch $(BROWSER)

# Meltano keeps each plugin in an environment of its own; tests run side by side and offline, so
# they find them installed.
$(PLUGINS): $(READY) meltano.yml
	@echo "Meltano installs each tap and two loaders in an environment of its own. Half a minute to two, once."
	$(BIN)/meltano install tap-clockify tap-clicktime tap-perform target-duckdb target-postgres
	@touch $(PLUGINS)

# The same of what README.md has people install by other means.
$(WHEELS): $(READY) meltano.yml
	$(BIN)/python -m scripts.wheels
	@touch $(WHEELS)

# Loaders that people use beside those of meltano.yml, and Snowflake's with what imitates Snowflake.
$(LOADERS): $(READY) scripts/loaders.py
	@echo "More loaders, each in an environment of its own. A minute, once."
	$(BIN)/python -m scripts.loaders
	@touch $(LOADERS)

# dbt needs other versions of what Meltano needs.
$(DBT): transform/requirements.txt
	@echo "Setting up dbt for the marts. A minute or two, once."
	$(PYTHON) -m venv --clear .meltano/dbt
	.meltano/dbt/bin/python -m pip install $(QUIET) --disable-pip-version-check --requirement transform/requirements.txt
	@touch $(DBT)

# Airflow pins a hundred packages, so it has an environment of its own.
$(AIRFLOW): orchestrate/requirements.txt orchestrate/constraints.txt
	@echo "Setting up .airflow for the DAG of orchestrate/. Some minutes, once."
	$(PYTHON) -m venv .airflow
	.airflow/bin/python -m pip install $(QUIET) --disable-pip-version-check --requirement orchestrate/requirements.txt
	@touch $(AIRFLOW)

what-demo-installs:
	@test -e $(DBT) || echo "Three things are installed first, once: the tools ($(VENV)), Meltano's plugins and dbt" \
		"(.meltano). Two to seven minutes, as machine and network go; then the demo takes about one."

demo: what-demo-installs $(PLUGINS) $(DBT) ## Load made-up data of all services into DuckDB with Meltano, show what arrived, and make a page of it.
	$(BIN)/python -m sandbox.demo

test: $(PLUGINS) ## Run the tests that a change needs, offline (under five minutes).
	$(PYTEST) -m "not thorough"

test-rest: $(PLUGINS) $(BROWSER) $(WHEELS) $(LOADERS) $(DBT) ## Run what `make test` leaves out: whole pipelines, many examples of each property.
	$(PYTEST) -m "thorough or hypothesis" --hypothesis-profile thorough

test-all: $(AIRFLOW) test test-rest ## Run all tests, offline, with the DAG in a real Airflow.

live: $(READY) ## Ask a real account, whose keys are in the environment, what the docs do not know (reads only).
	$(BIN)/python -m scripts.live

mutants: $(PLUGINS) ## Change the code in 80 small ways and see whether a test fails (an hour).
	$(BIN)/python -m scripts.mutants

bench: $(READY) ## Measure the taps beside what else one could use (two hours).
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.requests_table

lint: $(DOCS) ## Check style and types, and whether each link of the docs leads somewhere.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(BIN)/python -m scripts.docs.site

docs: $(DOCS) ## Build the docs as a site, and serve it at http://127.0.0.1:8000.
	$(BIN)/python -m scripts.docs.site --serve

generate: $(READY) ## Write again what is generated from the code.
	$(BIN)/python -m scripts.regenerate

clean: ## Remove what the other targets made.
	rm -rf $(VENV) .airflow .meltano output
