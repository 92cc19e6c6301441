# Everything from a bare machine: Python 3.11, make and apt are enough.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# Each process of the suite starts servers of its own; files stay together for their fixtures' sake.
SIDE_BY_SIDE := -n auto --maxprocesses=4 --dist loadfile
APT := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get

.PHONY: demo up test lint clean services drafts-sample

demo: .venv/.installed
	$(BIN)/madoguchi demo

up: .venv/.installed
	$(BIN)/madoguchi up

test: lint services
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)
	MADOGUCHI_TEST_DATABASE=postgresql $(BIN)/python -m pytest -m django_db $(SIDE_BY_SIDE)

lint: .venv/.developer
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What the suite starts by itself: a mail server and a database on free ports, and a browser.
services:
	@command -v dovecot >/dev/null && command -v chromium >/dev/null && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
		{ $(APT) update -q && $(APT) install -q -y --no-install-recommends \
			chromium dovecot-imapd postgresql; }

# Debian keeps venv's pip in a package of its own.
.venv/bin/python:
	$(PYTHON) -m ensurepip --version >/dev/null 2>&1 || \
		{ $(APT) update -q && $(APT) install -q -y python3-venv; }
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml constraints.txt .venv/bin/python
	$(BIN)/python -m pip install -qq -c constraints.txt -e .
	@touch $@

.venv/.developer: pyproject.toml constraints.txt .venv/bin/python
	$(BIN)/python -m pip install -qq -c constraints.txt -e '.[dev]'
	@touch $@ .venv/.installed

clean:
	rm -rf var

# Thirty drafted replies of every kind, for people to read.
drafts-sample: .venv/.developer
	$(BIN)/python -m tests.drafts_sample
