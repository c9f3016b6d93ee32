# make demo       run the quickstart study and write its report
# make test       all tests that need no network and no large data
# make test-avx2  contract, theory and story tests, slow ones too, as on a processor without AVX-512
# make check      lint, format, types, import rules, spelling, house rules
# make torture    200 signals at studies that train, and a fault at every write of a home; 20 minutes or more
# make bench      paribus beside Keras, PyTorch and scikit-learn: all workloads, or ONLY="W1 W4"
# make lock       requirements/ anew, after a change of pyproject.toml; NEWEST="numpy scipy" takes these in their newest version
# make licences   docs/licences.md anew, after a change of requirements/
# make sbom       build/sbom.json: all that is installed with paribus, as CycloneDX
PYTHON ?= python3
BIN := .venv/bin
TOOLS := build/tools/bin
PYTEST := $(BIN)/python -m pytest -n 3 --dist worksteal --durations 15
# Numba keeps the features of the processor when it is told another name, hence its second variable; all four libraries
# are asked whether they obey in tests/contract/test_instructions.py.
AVX2 := ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2 NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES=

.PHONY: demo test test-avx2 check format torture bench lock licences sbom clean

demo: .venv/.runtime
	$(BIN)/paribus run quickstart

test: .venv/.development
	$(PYTEST)

test-avx2: .venv/.development
	$(AVX2) $(PYTEST) -m "not browser and not fulldata and not speed and not torture" tests/contract tests/theory tests/story

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

torture: .venv/.development
	$(BIN)/python -m pytest -q -m torture
	$(BIN)/python scripts/torture.py

bench: .venv/.development benchmarks/.venv/.peers
	benchmarks/.venv/bin/python -m benchmarks.run $(ONLY)

lock: .venv/.development build/tools/.installed
	$(BIN)/python scripts/lock.py $(TOOLS)/uv $(NEWEST)

licences: .venv/.development
	$(BIN)/python scripts/licences.py

sbom: build/tools/.installed
	$(PYTHON) scripts/install.py build/run
	$(TOOLS)/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
	  --output-file build/sbom.json build/run/bin/python

clean:
	rm -rf .venv benchmarks/.venv paribus-home build *.egg-info

.venv/.runtime: scripts/install.py pyproject.toml requirements/run.txt
	$(PYTHON) scripts/install.py .venv
	touch $@

.venv/.development: scripts/install.py pyproject.toml requirements/run.txt requirements/dev.txt
	$(PYTHON) scripts/install.py .venv dev
	touch .venv/.runtime $@

build/tools/.installed:
	$(PYTHON) -m venv build/tools
	$(TOOLS)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13' 'cyclonedx-bom>=7.5'
	touch $@

benchmarks/.venv/.peers: benchmarks/requirements.txt
	$(PYTHON) -m venv benchmarks/.venv
	benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@
