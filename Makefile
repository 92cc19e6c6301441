# Everything from a bare machine: Python 3.11, make and apt are enough.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# Each process of the suite starts servers of its own; files stay together for their fixtures' sake.
SIDE_BY_SIDE := -n auto --maxprocesses=4 --dist loadfile
BLUESKY := tests/bluesky/node_modules
APT := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get

.PHONY: demo up test lint clean services drafts-sample screenshots messages

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

# What the suite starts by itself: a mail server, databases and Bluesky's servers on free ports, and
# a browser; and what reads the texts of the pages.
services: $(BLUESKY)/.installed
	@command -v dovecot >/dev/null && command -v chromium >/dev/null && command -v xgettext >/dev/null && \
		command -v redis-server >/dev/null && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
		{ $(APT) update -q && $(APT) install -q -y --no-install-recommends \
			chromium dovecot-imapd fonts-noto-cjk gettext postgresql redis-server; }

# Bluesky's servers run on a Node.js that comes with them. Their SQLite is fetched, or built with its
# headers. Where the machine has no npm and none can be had, the tests on them are left out.
$(BLUESKY)/.installed: tests/bluesky/package-lock.json
	@command -v npm >/dev/null || \
		{ $(APT) update -q && $(APT) install -q -y --no-install-recommends npm g++; } || true
	@command -v npm >/dev/null || echo "No npm: the tests on Bluesky's servers are left out"
	@! command -v npm >/dev/null || { cd tests/bluesky && \
		npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && \
		PATH="$$PWD/node_modules/.bin:$$PATH" \
		npm_config_nodedir="$$(echo "$$PWD"/node_modules/node-linux-*)" \
		npm rebuild better-sqlite3 --loglevel=error && touch node_modules/.installed; }

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

# The desk's pages in both languages and schemes, on a desk and on a telephone. A palette makes each
# picture a third of its size.
screenshots: .venv/.developer services
	@command -v pngquant >/dev/null || { $(APT) update -q && $(APT) install -q -y --no-install-recommends pngquant; }
	$(BIN)/python -m tests.desk.screenshots

# What the desk's pages say, gathered for its English catalogue, and that compiled.
messages: .venv/.developer services
	cd desk && ../$(BIN)/python -c "import django; from django.conf import settings; \
		settings.configure(); django.setup(); from django.core.management import call_command; \
		call_command('makemessages', '-l', 'en', '--no-location', '--no-wrap', '-e', 'html,py')"
	cd desk/locale/en/LC_MESSAGES && sed -i '/^"POT-Creation-Date/d' django.po && msgfmt -o django.mo django.po
