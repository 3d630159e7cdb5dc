# make docs: the documentation, with its gallery of real models, in example_docs/_build/html
# make test: the tests; make test-all: also those that need Debian packages, and older Sphinx versions
# Nothing but Python 3.11 or newer, git and make is needed; the first run fills .venv.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
INSTALLED := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest
SPHINXOPTS ?= -nW --keep-going

.PHONY: docs test test-all test-debian test-versions lint clean

# The first build makes every model, whatever descriptions are committed; later ones only what has changed.
REFRESH = $(if $(wildcard example_docs/_build/html/index.html),,-D layered_view_mode=refresh)

docs: $(INSTALLED)
	$(BIN)/python -m sphinx -b html $(SPHINXOPTS) $(REFRESH) example_docs example_docs/_build/html
	@echo "Open example_docs/_build/html/index.html"

test: $(INSTALLED)
	$(PYTEST) -n 2 -m "not debian" $(PYTESTOPTS)

test-all: test test-debian test-versions

test-debian: $(INSTALLED)
	$(PYTEST) -n 2 --dist loadgroup -m debian $(PYTESTOPTS)

test-versions: $(INSTALLED)
	$(BIN)/python -m tox run -f $$($(BIN)/python -c "import sys; print('py%d%d' % sys.version_info[:2])") $(TOXOPTS)

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m mypy

clean:
	rm -rf $(VENV) .tox build dist example_docs/_build
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -qq --editable ".[dev]"
	$(BIN)/python -m pip install --disable-pip-version-check -qq --no-deps "tf-keras>=2.16"  # else it asks for all of TensorFlow
	touch $(INSTALLED)
