# From a bare machine: `make demo` for a first result, `make test` for all the tests.
# docs/install.md says what they need, what they make and what to do when they fail.

# PYTHON=python3.12 chooses the interpreter, IMAGES=/any/folder the photographs of the
# demo. make hands both to the commands through the environment, so that they may hold
# spaces. It hands on what is set only: to the configs, an empty IMAGES is an error.
# TESTS=tests/test_models chooses the tests (default: all), DEMO_OPTIONS='--epochs 2' shortens the demo.
TESTS ?= $(if $(filter mmpretrain,$(HOST)),$(CORE),tests)
# HOST=mmpretrain or HOST=onedl runs demo, env and the tests on another host, in an
# environment of its own; on mmpretrain the tests are those of the core.
HOST ?= mmselfsup
# A process a core, of which each takes 2 GB; a file's tests stay together, for they
# share what they train. In the order of the files, the last ones are short, so that no
# process waits for another at the end. AT_ONCE= runs them in one process.
AT_ONCE ?= -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# The method itself and its hosts: models, views, evaluation, losses equal on every
# host, structure. tests/missing_packages.py skips what a host has no packages for.
CORE := tests/test_models tests/test_datasets tests/test_evaluation tests/test_apis \
	tests/test_hosts tests/test_lazy.py tests/test_structure.py \
	tests/test_structures.py tests/test_registry.py
DEMO_OPTIONS ?=
VENV = .venv$(if $(filter-out mmselfsup,$(HOST)),-$(HOST))
BIN = $(VENV)/bin

# WITH='scipy pandas' packs further packages, LIMIT=200 allows 200 MB of wheels.
WITH ?=
LIMIT ?= 30
# GPU_CHECK='--device cpu --tiny' are options of the check of a GPU.
GPU_CHECK ?=
# .venv if it is there, else the Python that works.
ANY_PYTHON = $(firstword $(wildcard $(BIN)/python) python3)

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-slow types lint format docs env env-test audit \
	wheels gpu-check clean

help: ## Print the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: env ## Pre-train on photographs (IMAGES=/any/folder for yours) and show the result.
	@$(BIN)/python tools/demo.py --work-dir work_dirs/demo \
		$(if $(IMAGES),--images "$$IMAGES") $(DEMO_OPTIONS)

test: env-test lint ## Check the style and run the tests.
	@$(BIN)/python -m pytest -m "not slow" $(AT_ONCE) $(TESTS)

test-fast: env-test lint ## Check the style and run the tests of the core.
	@$(BIN)/python -m pytest -m "not slow" $(AT_ONCE) $(CORE)

test-slow: env-test ## Run the tests that take minutes.
	@$(BIN)/python -m pytest -m slow $(TESTS)

types: env-test ## Check the types of the rooms that pyproject.toml names.
	@$(BIN)/python -m mypy

lint: env-test ## Check the style.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: env-test ## Correct the style.
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

docs: .venv-docs/installed ## Build the documentation into site/; a warning is an error.
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict
	@echo 'Open site/index.html in a browser; it needs no network.'

.venv-docs/installed: requirements/docs.txt
	@$(or $(PYTHON),python3) -m venv --clear .venv-docs
	@.venv-docs/bin/pip install --quiet -r requirements/docs.txt
	@touch $@

env: ## Make the environment with what pre-training needs.
	@tools/setup/run.sh pretrain $(HOST)

env-test: ## Bring the environment to what the tests and the benchmarks need.
	@tools/setup/run.sh test $(HOST)

audit: env ## Look up known vulnerabilities and the licences of what .venv holds.
	@$(BIN)/python -m tools.setup.audit

wheels: ## Pack what pre-training needs beside a given torch: make wheels PYTHON=3.12.
	@$(ANY_PYTHON) -m tools.setup.wheels --python "$$PYTHON" --limit $(LIMIT) \
		--with $(WITH)

gpu-check: ## Check losses, matchers and training steps on a GPU, and measure them.
	@$(ANY_PYTHON) tools/speed/gpu_check.py $(GPU_CHECK)

clean: ## Remove .venv, wheels and what the demo and the tools wrote in their caches.
	@rm -rf .venv .venv-mmpretrain .venv-onedl .venv-audit .venv-docs site wheels .pytest_cache .ruff_cache .hypothesis setsim_mm.egg-info work_dirs/demo
