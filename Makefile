# The commands of this project; `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_INSTALLED := $(VENV)/.installed-run
INSTALLED := $(VENV)/.installed
SPARK_INSTALLED := $(VENV)/.installed-spark
# nothing but this folder is asked for packages: make demo WHEELS=/media/wheels
ifdef WHEELS
export PIP_FIND_LINKS := $(abspath $(WHEELS))
export PIP_NO_INDEX := 1
endif
DEMO := --from 2017-07 --to 2019-06

.DEFAULT_GOAL := help
.PHONY: help setup spark-setup demo test spark-test workers suites soak powercut mutants privacy look pictures peers-setup bench bench-quick \
	freeze check check-code check-types check-definitions docs texts format dev sample lock wheels clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(INSTALLED) ## install everything into .venv (Python 3.11 and make are all it needs)

$(RUN_INSTALLED): pyproject.toml requirements-run.lock requirements-setup.lock
	@$(call install,requirements-run.lock)
	@touch $@

$(INSTALLED): pyproject.toml requirements.lock requirements-setup.lock
	@$(call install,requirements.lock)
	@touch $@ $(RUN_INSTALLED)

define install
$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	|| { echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
$(PYTHON) scripts/install.py $(1)
endef

spark-setup: $(SPARK_INSTALLED) ## install Apache Spark too (half a gigabyte; Java 17 must be there)

$(SPARK_INSTALLED): $(INSTALLED) requirements-spark.lock
	@$(call install,requirements-spark.lock)
	@touch $@

demo: $(RUN_INSTALLED) ## run the 24 sample months through the whole flow (installs what that needs into .venv)
	@$(BIN)/dvz run $(DEMO) --landing data-sample/landing --home .dvz

test: setup ## all tests; those on Spark where Java and Spark (make spark-setup) are installed
	@$(BIN)/pytest -n auto --dist worksteal

spark-test: spark-setup ## the 24 sample months on a Spark Connect server, all named cases, an object store: all as on DuckDB
	@$(BIN)/python -m tests.spark.connect
	@$(BIN)/pytest tests/spark/long_form.py tests/spark/object_store.py

suites: setup ## random files of every format against strict readers (five minutes)
	@$(BIN)/python -m tests.suites

soak: setup ## the crash and concurrency tests in their long form, and 2,000 sequences of steps in any order (two to three hours)
	@$(BIN)/python -m tests.crash.soak
	@$(BIN)/pytest tests/object_store/every_crash.py

powercut: setup ## 500 power cuts during a month, a re-delivery, a release and entries of the ledger (needs strace; half an hour)
	@$(BIN)/python -m tests.powercut.proof

mutants: setup ## SQL and Python of the flow changed in one place after another: prints what the tests do not see (days)
	@$(BIN)/python -m tests.mutants.sql
	@$(BIN)/python -m tests.mutants.python

privacy: setup ## the proof that personal data stay in, with every failure that the project knows (ten minutes)
	@$(BIN)/python -m tests.privacy.proof
	@$(BIN)/python -m tests.privacy.knowledge 40 150 600 4000

workers: setup ## a backfill that two workers share, on PostgreSQL (two minutes)
	@$(BIN)/pytest tests/production/many_months.py

look: setup ## a real browser on the UI and the report (needs chromium); screenshots go to build/look
	@$(BIN)/pytest tests/look/look_report.py tests/look/look_overview.py tests/look/look_guard.py tests/look/look_ui.py tests/look/look_delivery.py

pictures: ## put the screenshots of `make look` where the README and docs/ show them
	@cp build/look/graph.png build/look/report-nl.png build/look/report-fr.png build/look/delivery-prepared.png build/look/delivery-acknowledged.png \
		build/look/delivery-commands.png docs/images/

peers-setup: setup ## install the other tools of the benchmarks (dbt-duckdb, SQLMesh) into build/peers
	@$(PYTHON) -m venv build/peers
	@build/peers/bin/python -m pip install -q -r benchmarks/peers/requirements.txt

bench: setup ## the pipeline at national scale, and hand-written programs that do the same; generates 7 GB into build/bench (hours)
	@$(BIN)/python -m benchmarks.bench

bench-quick: setup ## the same at a tenth of the size (under two minutes)
	@$(BIN)/pytest tests/benchmarks/whole_driver.py
	@$(BIN)/python -m benchmarks.bench --quick

check: check-code check-types check-definitions ## format, lint, types and definitions: what people, hooks and CI run

# parts of check, for `make -j 2 check`: mypy alone takes longer than all the others
check-code: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/python -m scripts.check_citations
	@$(BIN)/python -m scripts.texts --check
	@sh scripts/check-tree.sh

check-types: setup
	@$(BIN)/mypy

check-definitions: setup
	@$(BIN)/python -m scripts.generate_docs --check
	@DAGSTER_HOME= $(BIN)/dagster definitions validate
	@$(BIN)/dg check defs

docs: setup ## write docs/dictionary, docs/rules.md and docs/law/side-by-side.md again
	@$(BIN)/python -m scripts.generate_docs

texts: setup ## put new texts into the catalogues of all languages, for somebody to translate
	@$(BIN)/python -m scripts.texts

format: setup ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

dev: $(RUN_INSTALLED) ## the Dagster UI on 127.0.0.1:3000, on the home .dvz
	@$(BIN)/dvz dev

sample: $(RUN_INSTALLED) ## make data-sample/ again, byte for byte
	@rm -rf data-sample/landing
	@$(BIN)/dvz generate data-sample/landing

freeze: setup ## keep the home of this version in tests/frozen, for all later ones to be tried on (two minutes)
	@$(BIN)/python -m scripts.freeze

lock: setup ## pin all dependencies again, with hashes and without URLs
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.lock
	@$(LOCK) pyproject.toml $(EXTRAS) --group build --output-file requirements.lock
	@$(LOCK) pyproject.toml --group build --constraint requirements.lock --output-file requirements-run.lock
	@$(LOCK) pyproject.toml $(EXTRAS) --extra spark --constraint requirements.lock --output-file requirements-spark.lock
	@$(LOCK) --group setup --output-file requirements-setup.lock

LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet
EXTRAS := --extra dev --extra production --extra shared --extra outbox --extra notify --extra pdf

wheels: setup ## collect all packages of this kind of machine in build/wheels, to install where there is no network
	@$(BIN)/pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest build/wheels \
		-r requirements-setup.lock -r requirements.lock

clean: ## remove what was installed and what the demo wrote
	@rm -rf $(VENV) .dvz .mypy_cache .ruff_cache .hypothesis dist build
