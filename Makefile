# Everything a person does here. `make` alone lists it.

READY := .venv/.ready
# What behaves otherwise where pyarrow is: all that reads files and tables.
ENGINES_TOO := tests/records/test_ingest.py tests/records/test_opening.py tests/records/test_checking.py \
	tests/records/test_figures.py tests/records/test_ugly_exports.py tests/records/test_suggest.py
VPIP := .venv/bin/python -m pip -qq --disable-pip-version-check
RUNS := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c '$(RUNS)' >/dev/null 2>&1 && { command -v "$$name"; break; }; done)

# uv then trusts what the system trusts, also a company's own certificates.
export UV_SYSTEM_CERTS := true

.PHONY: help setup demo test engines lab soak check docs picture lock clean elsewhere
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s%s\n", $$1, $$2}' Makefile

setup: $(READY) ## the packages of requirements.lock in a private .venv; at once when nothing changed

demo: setup ## sample data in four stores, three reports as HTML, and where to look
	@.venv/bin/appeal-insights demo

test: setup check ## every check and test; PYTEST_ARGS="-k word" picks some
	@.venv/bin/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

# In an environment of its own: the client of Spark brings 380 MB that nothing else needs, and pyarrow, with which pandas
# holds text in another way. So what takes records in is tested there as well.
engines: setup ## the same queries on a second engine, and what takes records in beside pyarrow
	@test -x .venv/bin/uv || { echo "make engines needs uv, which could not be had here."; exit 1; }
	@.venv/bin/uv venv --quiet --allow-existing --python .venv/bin/python .venv-engines
	@.venv/bin/uv pip sync --quiet --python .venv-engines/bin/python --require-hashes --compile-bytecode requirements-engines.lock
	@APPEAL_INSIGHTS_REQUIRE_ENGINES=1 .venv-engines/bin/python -m pytest -m "not soak" -n 2 --dist loadfile -p no:cacheprovider \
		tests/records/test_engines.py $(ENGINES_TOO)

lab: setup ## JupyterLab on notebooks/
	@.venv/bin/appeal-insights lab

soak: setup ## the tests at full size
	@.venv/bin/python -m pytest -m soak $(PYTEST_ARGS); code=$$?; \
	if [ $$code -eq 5 ]; then echo "There are no soak tests yet."; else exit $$code; fi

check: setup ## style and types
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet . || { echo "Put the layout right with: .venv/bin/ruff format ."; exit 1; }
	@.venv/bin/python -m mypy

docs: setup ## the pages that are written from declarations and query headers
	@.venv/bin/python tools/docs.py

picture: setup ## the picture in the README, taken from the demo's report
	@APPEAL_INSIGHTS_KEEP_PICTURE=1 .venv/bin/python -m pytest -q tests/browser/test_reports_in_browser.py -k picture

# A version that still fits stays as it is; `make lock UPGRADE=--upgrade` takes the newest of all.
lock: ## requirements.lock, constraints.txt and environment.yml from pyproject.toml
	@test -x .venv/bin/uv || $(MAKE) setup
	@.venv/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" \
		--extra lab --extra office --extra postgres --extra test pyproject.toml --output-file requirements.lock
	@.venv/bin/python tools/pins.py
	@.venv/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" --constraint constraints.txt \
		--extra office --extra postgres --extra test --extra lab --extra engines pyproject.toml \
		--output-file requirements-engines.lock

clean: ## .venv, caches and build leftovers; your data/ stays
	@rm -rf .venv .venv-engines .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment knows its own place, so a checkout that was moved or copied gets a new one.
# The first word runs the interpreter, which may have gone away since.
ifneq ($(shell .venv/bin/python -V >/dev/null 2>&1 && cat $(READY) 2>/dev/null),$(CURDIR))
$(READY): elsewhere
endif

# Always from nothing, and marked ready in the last line only: an interrupted set-up is never taken for a whole one.
$(READY): requirements.lock pyproject.toml
	@"$(PYTHON)" -c '$(RUNS)' 2>/dev/null || { \
		echo "This needs Python 3.11, 3.12 or 3.13 with venv (on Debian: apt install python3 python3-venv)."; \
		echo "If you have one under another name: make setup PYTHON=/path/to/python3"; exit 1; }
	@echo "[1/4] a private environment in .venv, on $(PYTHON)"
	@"$(PYTHON)" -m venv --clear .venv
	@echo "[2/4] uv, to install the rest"
	@awk '/^[^ #]/ {uv = /^uv==/} {print > (uv ? ".venv/uv.txt" : ".venv/others.txt")}' requirements.lock
	@$(VPIP) install --require-hashes --no-deps --only-binary :all: -r .venv/uv.txt 2>.venv/uv.log || \
		echo "      uv cannot be had here; pip does its work"
	@echo "[3/4] the packages of requirements.lock, each checked by its hash"
	@{ test -x .venv/bin/uv && .venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes \
			--compile-bytecode requirements.lock 2>>.venv/uv.log; } || { \
		echo "      by pip, in a minute or two (the reason is in .venv/uv.log)"; \
		$(VPIP) install --require-hashes --no-deps --compile -r .venv/others.txt; }
	@echo "[4/4] appeal_insights itself, from this folder"
	@$(VPIP) install --no-build-isolation --no-deps --editable .
	@pwd -P > $(READY)
