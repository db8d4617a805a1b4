# Everything a developer runs. Needs Python with pip, Node 20 with npm, git and make. The rest,
# Python 3.13 included, is fetched into this folder (.tools, .venv, node_modules, .local) and into
# nothing else. A folder is rebuilt only when what it is made from has changed.

export PYTHON
UV_VERSION := 0.13.9
UV := .tools/bin/uv
BIN := .venv/bin
CHECKED := function_app.py rollout localazure demo infra_check dev tests
TEST_WORKERS ?= 2
BENCH_WORKERS ?= 2
SCHEDULES ?= 10000
# The product as a whole, and its pure core, where every branch must be tested.
COVERAGE_OF_PRODUCT := 95
COVERAGE_OF_CORE := 100

TOOLS_READY := .tools/.ready-$(UV_VERSION)
PYTHON_READY := .venv/.ready
NODE_READY := node_modules/.ready
CHECKOV_READY := .tools/checkov/.ready
MODEL_READY := .local/environments/.ready
CONSOLE_READY := rollout/console/vendor/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo up test prove lint types bench bench-gate bench-gate-quick bench-gate-table \
    seeded-bugs infra-check bundle package generate wire lock

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 18

# What a local rollout needs; the tests also need checkov.
LOCAL_AZURE := $(PYTHON_READY) $(NODE_READY) $(MODEL_READY) $(CONSOLE_READY)

setup: $(LOCAL_AZURE) $(CHECKOV_READY) ## Fetch and build everything (takes minutes the first time)

demo: $(LOCAL_AZURE) ## Play the whole story on a local Azure, fifteen minutes (ALERT=off, TRAFFIC=low: others)
	@$(BIN)/python -m demo play $(if $(filter off,$(ALERT)),--without-alert) $(if $(TRAFFIC),--traffic '$(TRAFFIC)')

up: $(LOCAL_AZURE) ## Keep a local Azure and the app running (SERVICES=folder: with your own services)
	@$(BIN)/python -m demo up $(if $(SERVICES),--services '$(SERVICES)')

test: export COVERAGE_FILE := .local/coverage/data
test: setup ## Run every test, two suites at a time, and enforce coverage
	@mkdir -p .local/coverage
	@$(BIN)/pytest -n $(TEST_WORKERS) --dist worksteal --durations 10 --cpu-seconds \
	    --cov rollout --cov-branch --cov-report term:skip-covered \
	    --cov-fail-under $(COVERAGE_OF_PRODUCT) $(PYTEST_ARGUMENTS)
	@$(BIN)/coverage report --include 'rollout/core/*' --skip-covered --show-missing \
	    --fail-under $(COVERAGE_OF_CORE)

prove: $(PYTHON_READY) ## Play random schedules on all cores; SCHEDULES=100000 says how many
	@$(BIN)/python -m tests.support.schedules prove $(SCHEDULES)

seeded-bugs: $(PYTHON_READY) ## Seed each listed bug and show that its test catches it (a minute)
	@$(BIN)/python -m dev.seeded_bugs

infra-check: $(PYTHON_READY) $(NODE_READY) $(CHECKOV_READY) ## Check the Bicep files: compiler, snapshots, policies, queries, checkov
	@$(BIN)/python -m infra_check
	@# The line above has just done what the two that are left out do.
	@$(BIN)/pytest -n $(TEST_WORKERS) --dist worksteal tests/infra \
	    --deselect tests/infra/test_compiled.py::test_every_file_compiles_without_a_message \
	    --deselect tests/infra/test_compiled.py::test_every_snapshot_is_what_the_files_say

lint: $(PYTHON_READY) ## Check style, imports and the example's policy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/rollout lint services

types: $(PYTHON_READY) ## Check the types
	@$(BIN)/mypy $(CHECKED)

bench: $(LOCAL_AZURE) ## Measure the README's figures
	@$(BIN)/python -m dev.bench

bench-gate: $(PYTHON_READY) ## Run every row of the gate's benchmark in full (hours)
	@$(BIN)/python -m dev.bench.gate run --workers $(BENCH_WORKERS)

bench-gate-quick: $(PYTHON_READY) ## Run the same with fewer runs and wider targets
	@$(BIN)/python -m dev.bench.gate run --quick --workers $(BENCH_WORKERS)

bench-gate-table: $(PYTHON_READY) ## Write docs/gate-comparison.md: the gate beside other rules
	@mkdir -p .local
	@$(BIN)/python -m dev.bench.gate table --workers $(BENCH_WORKERS) > .local/gate-comparison.md
	@mv .local/gate-comparison.md docs/gate-comparison.md

bundle: $(PYTHON_READY) ## Pack the services folder as the zip that the app reads from a container
	@$(BIN)/rollout bundle services

package: $(PYTHON_READY) $(CONSOLE_READY) ## Pack what is deployed as a zip, and print its size
	@$(BIN)/python -m dev.package

generate: $(PYTHON_READY) ## Regenerate the schemas, the diagram, routes and events in the pages; tests compare them
	@$(BIN)/rollout schema > docs/rollout.schema.json
	@$(BIN)/rollout openapi > docs/openapi.json
	@$(BIN)/python -m dev.make_states
	@$(BIN)/python -m dev.localazure_routes
	@$(BIN)/python -m dev.lifecycle_events
	@$(BIN)/python -m dev.message_examples
	@$(BIN)/python -m dev.unverified_rows

wire: ## Reconnect events and alerts on Azure, e.g. once an endpoint exists (docs/deploy.md)
	@if command -v azd >/dev/null; then azd hooks run postdeploy; else sh infra/hooks/wire.sh; fi

lock: $(TOOLS_READY) ## Pin every dependency again, from pyproject.toml
	@$(UV) pip compile --quiet --python-version 3.13 --no-header --no-annotate --generate-hashes \
	    pyproject.toml --output-file requirements.txt
	@$(UV) pip compile --quiet --python-version 3.13 --no-header --no-annotate --generate-hashes --group dev \
	    pyproject.toml --output-file dev/requirements/dev.txt
	@$(UV) pip compile --quiet --python-version 3.13 --no-header --no-annotate --generate-hashes \
	    --group pyproject.toml:checkov --output-file dev/requirements/checkov.txt
	@git diff --stat -- requirements.txt dev/requirements/dev.txt dev/requirements/checkov.txt

$(TOOLS_READY):
	@echo '== uv $(UV_VERSION), into .tools'
	@sh dev/python_tools.sh uv $(UV_VERSION)
	@touch $@

$(PYTHON_READY): $(TOOLS_READY) dev/requirements/dev.txt pyproject.toml
	@echo '== Python packages, into .venv'
	@test -x $(BIN)/python || sh dev/python_tools.sh venv .venv
	@$(UV) pip install --python $(BIN)/python --compile-bytecode --requirement dev/requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

$(CHECKOV_READY): $(TOOLS_READY) dev/requirements/checkov.txt
	@echo '== checkov, into .tools/checkov'
	@test -x .tools/checkov/bin/python || sh dev/python_tools.sh venv .tools/checkov
	@$(UV) pip install --quiet --python .tools/checkov/bin/python --compile-bytecode \
	    --requirement dev/requirements/checkov.txt
	@touch $@

$(NODE_READY): package-lock.json
	@echo "== Azurite, the console's libraries and what reads KQL, into node_modules"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(CONSOLE_READY): $(NODE_READY) dev/console_vendor.mjs
	@echo "== the console's libraries, into rollout/console/vendor"
	@npm run --silent vendor
	@touch $@

$(MODEL_READY): services/fraud-detection/env/conda.yml \
    services/fraud-detection/train/make_model.py | $(PYTHON_READY)
	@echo "== the example model's environment and versions, into .local"
	@$(BIN)/python -m demo prepare
	@touch $@
