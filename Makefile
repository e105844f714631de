# make demo: a bare machine to an explained network.   make test: the same machine to a passed test suite.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One thread a process: the matrices of S5 are so small that a second thread only waits (docs/benchmarks.md).
export OMP_NUM_THREADS ?= 1

.PHONY: demo test check slow fuzz numbers docs install dev clean

demo: install
	$(BIN)/cosetta run S5
	$(BIN)/cosetta explore "$$(ls -td runs/S5-fast-0-* | head -1)"

test: check
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

slow: dev
	$(BIN)/python -m pytest -q -m slow

# Damaged input for everything that reads: 20,000 of them, from one seed (docs/robustness.md).
fuzz: dev
	$(BIN)/python scripts/fuzz.py --count 20000 --seed 0

# The numbers of the README again, from the demo itself.
numbers: install
	$(BIN)/python scripts/readme_numbers.py

# The documentation site, its tutorials executed; a warning is an error. Open docs/_build/html/index.html.
docs: $(VENV)/.installed-docs
	$(BIN)/python scripts/draw_idea.py --check
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

install: $(VENV)/.installed
dev: $(VENV)/.installed-dev

# constraints.txt pins torch, so that every machine runs the versions that were tested.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Cosetta needs Python 3.11 or newer; this is " + sys.version.split()[0] + ": run make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@

clean:
	rm -rf $(VENV) docs/_build
