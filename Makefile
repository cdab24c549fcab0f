# What this repository can do: `make help`. Needs Python 3.11 or newer (with venv), make and curl.
.DEFAULT_GOAL := help
.PHONY: help up test lint bench client lock

LOCK := requirements/development.txt
# The first interpreter that is new enough: `python3` itself on most machines.
FIND_PYTHON := for python in $(PYTHON) python3 python3.15 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; done; \
	if [ -z "$$python" ]; then echo "Python 3.11 or newer with venv is needed: install python3 and python3-venv, or say make PYTHON=/path/to/python" >&2; exit 1; fi

help:  ## say what can be done here
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' Makefile

up: .venv/project-installed  ## start the whole region with an example; REGION=none starts empty; Ctrl-C stops it
	@exec .venv/bin/jeugdregio up

test: .venv/project-installed  ## run everything that CI runs, on real throw-away engines
	@exec .venv/bin/python -m pytest

lint: .venv/project-installed  ## check style, types and the boundaries between the parts
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

bench: .venv/project-installed  ## measure what the product promises, beside its limits
	@exec .venv/bin/python -m bench

client: .venv/project-installed  ## write the typed client anew, after a change of routes or bodies
	@exec .venv/bin/python -m client.generate

lock: .venv/project-installed  ## renew both lock files after a change of the dependencies in pyproject.toml
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--extra embedded --extra development pyproject.toml -o $(LOCK)
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		-c $(LOCK) pyproject.toml -o requirements/runtime.txt

# Two stamps, so that a changed line in pyproject.toml does not check 80 packages again.
.venv/lock-installed: $(LOCK)
	@$(FIND_PYTHON); \
	echo "Making .venv with the packages of $(LOCK) ..."; \
	"$$python" -m venv .venv && \
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(LOCK) || \
	{ echo "The packages cannot be fetched or verified: check the network and the free space, then run make again" >&2; exit 1; }
	@touch $@

.venv/project-installed: .venv/lock-installed pyproject.toml
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $@
