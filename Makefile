# make demo    run the quickstart study and write its report
# make test    all tests that need no network and no large data
# make check   lint, format, types, import rules, spelling, house rules
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test check format clean

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

clean:
	rm -rf .venv paribus-home build *.egg-info

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.runtime: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) --editable '.[interpret]'
	touch $@

.venv/.development: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) --editable '.[dev]'
	touch $@ .venv/.runtime
