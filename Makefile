# Two commands do everything on a fresh Debian: make demo, make test.
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help demo client test test-all bench faults check format lock setup clean

help:
	@echo "make demo      the whole registration: portal, daemon, token, browser"
	@echo "make client    the JavaScript client as a package: dist/cardbridge-client-VERSION.tgz"
	@echo "make test      lint, types, unit tests, SoftHSM2, virtual card, one run in a browser"
	@echo "make test-all  make test, and the long suites"
	@echo "make bench     what it costs, side by side; writes tests/bench/RESULTS.md"
	@echo "make faults    every fault of cards, readers and drivers; writes tests/card/FAULTS.md"
	@echo "make lock      renew the three locks with hashes"

setup:
	@bash installer/bootstrap.sh --with-node

demo:
	@bash installer/bootstrap.sh
	@$(BIN)/cardbridge-demo

client: setup
	@mkdir -p dist
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm pack --offline --silent --pack-destination dist ./web-demo/client

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web-demo/client run --silent check

# Two files at a time: much of a test's time is waiting, for windows that must not take input at once.
test: check
	$(BIN)/python -m pytest -q --durations=15 -m "not slow" -n 2 --dist loadfile

test-all: check
	@bash installer/bootstrap.sh --long
	$(BIN)/python -m pytest -q

bench: setup
	$(BIN)/python -m tests.bench

faults: setup
	CARDBRIDGE_FAULTS=write $(BIN)/python -m pytest -q tests/card/lab

format:
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: setup
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml --group dev web-demo/pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml -o installer/requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header installer/bundle/requirements.in -o installer/bundle/requirements.lock

clean:
	rm -rf build dist .venv web-demo/client/node_modules web-demo/portal/node_modules
