# make demo    run the quickstart study and write its report
# make test    all tests that need no network and no large data
# make check   lint, format, types, import rules, spelling, house rules
# make bench   paribus beside Keras, PyTorch and scikit-learn: all workloads, or ONLY="W1 W4"
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test check format bench clean

demo: .venv/.runtime
	$(BIN)/paribus run quickstart

test: .venv/.development
	$(BIN)/python -m pytest -n 3 --durations 15

check: .venv/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/typos
	$(BIN)/python -m pytest -q tests/house

format: .venv/.development
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .

bench: .venv/.development benchmarks/.venv/.peers
	benchmarks/.venv/bin/python -m benchmarks.run $(ONLY)

clean:
	rm -rf .venv benchmarks/.venv paribus-home build *.egg-info

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.runtime: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) --editable '.[interpret]'
	touch $@

.venv/.development: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) --editable '.[dev]'
	touch $@ .venv/.runtime

benchmarks/.venv/.peers: benchmarks/requirements.txt
	$(PYTHON) -m venv benchmarks/.venv
	benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@
