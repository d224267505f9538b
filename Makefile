# `make run` starts the demo, `make test` runs every check; both install into .venv what is missing.

PYTHON ?= python3 python3.12 python3.11 python
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.requirements
DEVELOPMENT := $(VENV)/.requirements-dev
CONSTRAINTS := $(VENV)/constraints.txt
AUDIT := $(VENV)/audit
MUTANTS := $(VENV)/mutants
# Test processes; `logical` is explained in tests/conftest.py. Those of a group there share one.
WORKERS := logical
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder
REWRITTEN := tests/__pycache__/.rewritten
PACKAGES := fadernets train survey demo db
QUICK := not (slow or training or postgres or server or browser)
# No test here is quick: these files need not even be imported.
NO_QUICK := tests/train tests/public tests/survey/browser tests/demo/test_browser*
PIP := $(BIN)/python -m pip --disable-pip-version-check

# The versions that the tests ran with; LOCK= takes whichever requirements.txt allows.
LOCK := requirements.lock
# An index, or a folder of wheels, to take PyTorch from. Without one: its CPU build where there is no
# NVIDIA driver (auto), always (cpu), or whichever pip takes (default).
TORCH_INDEX ?=
TORCH_BUILD ?= auto
# Of `make paper`: MIDI files in piano/ and vgmidi/, and where everything made goes.
DATA ?= data
OUT ?= runs/paper

# The first of $(PYTHON) that runs, has a supported version and can make an environment.
FIND_PYTHON = for python in $(PYTHON); do \
	"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in [(3, 11), (3, 12)])' \
		>/dev/null 2>&1 && break; \
	python=; \
done

.PHONY: help run paper check test coverage style types format space lock audit mutants clean

help:
	@echo "make run     start the demo (FADERNETS_HOST and FADERNETS_PORT choose the address)"
	@echo "make paper   train and evaluate all of the paper (DATA=folder with piano/ and vgmidi/, OUT=)"
	@echo "make check   check style, formatting and types, run the quick tests"
	@echo "make test    the same with all tests (ARGS='tests/fadernets -k fader' takes some)"
	@echo "make coverage measure which lines the quick tests run, by package"
	@echo "make types   check types"
	@echo "make format  format the code, mend what ruff can"
	@echo "make space   try what a Hugging Face Space would install and start (PYTHON=python3.12)"
	@echo "make lock    write requirements.lock anew, with today's versions"
	@echo "make audit   ask for known vulnerabilities of the locked versions"
	@echo "make mutants measure what share of drawn faults the tests notice (an hour)"
	@echo "make clean   remove $(VENV) and what tools have cached"

run: $(RUNTIME)
	@exec $(BIN)/python -m demo $(ARGS)

paper: $(RUNTIME)
	@exec $(BIN)/python -m train.paper --piano '$(DATA)/piano' --vgmidi '$(DATA)/vgmidi' --out '$(OUT)' $(ARGS)

# An empty value keeps bytecode: without it every test process compiles all tests anew.
check test: export PYTHONDONTWRITEBYTECODE :=

check: style
	@$(MAKE) --no-print-directory -j2 types $(REWRITTEN)
	$(PYTEST) -m "$(QUICK)" $(NO_QUICK:%=--ignore-glob='%') --hypothesis-profile=quick $(ARGS)

test: style
	@$(MAKE) --no-print-directory -j2 types $(REWRITTEN)
	$(PYTEST) $(ARGS)

coverage: export COVERAGE_FILE := $(VENV)/coverage
coverage: $(DEVELOPMENT)
	$(PYTEST) -m "$(QUICK)" $(PACKAGES:%=--cov=%) --cov-report= $(ARGS)
	@for package in $(PACKAGES); do \
		echo "$$package $$($(BIN)/python -m coverage report --include="$$package/*" --format=total) %"; \
	done

style: $(DEVELOPMENT)
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

types: $(DEVELOPMENT)
	$(BIN)/python -m mypy

# In a new checkout every test process would rewrite all assertions: once is enough, beside mypy,
# which has but one core. What is wrong with a test is said when it runs.
$(REWRITTEN): | $(DEVELOPMENT)
	@mkdir -p $(@D); $(BIN)/python -m pytest -n 0 --collect-only -qq >/dev/null 2>&1; touch $@

format: $(DEVELOPMENT)
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

# What a Space would install and start, in an environment and a tree of their own.
space: $(DEVELOPMENT)
	@$(FIND_PYTHON); $(BIN)/python -m tools.space --python "$$python" $(ARGS)

lock: | $(BIN)/pip
	$(BIN)/python tools/lock.py requirements.txt requirements-dev.txt >$(VENV)/requirements.lock
	mv $(VENV)/requirements.lock requirements.lock

audit: $(AUDIT)/.requirements
	@$(AUDIT)/bin/python tools/audit.py requirements.lock

mutants: $(MUTANTS)/.requirements
	PYTHONPATH=$(MUTANTS) $(BIN)/python tools/mutants.py $(ARGS)

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis artefacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip is the last thing a new environment gets: an interrupted one lacks it and is made again.
$(BIN)/pip:
	@$(FIND_PYTHON); \
	if [ -z "$$python" ]; then \
		echo "fadernets needs Python 3.11 or 3.12 with the venv module (Debian and Ubuntu: python3-venv)." >&2; \
		echo "Tried: $(PYTHON). Name another with: make run PYTHON=/path/to/python3.12" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV)

$(RUNTIME): requirements.txt $(LOCK) | $(BIN)/pip
	@echo "Installing the packages of requirements.txt (once, a few minutes)"
	@$(BIN)/python tools/torch_build.py $(if $(LOCK),--lock '$(LOCK)') --build '$(TORCH_BUILD)' \
		--index '$(TORCH_INDEX)' --out $(CONSTRAINTS)
	$(PIP) install --constraint $(CONSTRAINTS) --requirement requirements.txt
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(RUNTIME)
	$(PIP) install --constraint $(CONSTRAINTS) --requirement requirements-dev.txt
	@touch $@

# An environment of its own, so that the audit's packages are not among those it looks at.
$(AUDIT)/.requirements: requirements-audit.txt | $(BIN)/pip
	@$(BIN)/python -m venv --clear $(AUDIT)
	@$(AUDIT)/bin/python -m pip --disable-pip-version-check install --quiet \
		--requirement requirements-audit.txt
	@touch $@

# A folder of its own, so that neither the lock nor the tests see them. It holds a pytest, too, which
# goes before the tests' own: so it is made anew where that may have changed.
$(MUTANTS)/.requirements: requirements-mutants.txt $(DEVELOPMENT)
	rm -rf $(MUTANTS)
	$(PIP) install --constraint $(CONSTRAINTS) --target $(MUTANTS) \
		--requirement requirements-mutants.txt
	@touch $@
