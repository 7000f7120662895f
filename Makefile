# Two commands do everything on a fresh Debian: make demo, make test.
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help demo client packages test test-packages test-all bench faults fuzz soak mutations threat-model check audit format lock setup clean

help:
	@echo "make demo      the whole registration: portal, daemon, token, browser"
	@echo "make client    the JavaScript client as a package: dist/cardbridge-client-VERSION.tgz"
	@echo "make packages  every package that this machine can build: dist/"
	@echo "make test-packages  installs and uses them in clean roots; a table at the end"
	@echo "make test      lint, types, unit tests, SoftHSM2, virtual card, one run in a browser"
	@echo "make test-all  make test, and the long suites"
	@echo "make bench     what it costs, side by side; writes tests/bench/RESULTS.md (ONLY=token,window: parts)"
	@echo "make faults    every fault of cards, readers and drivers; writes tests/card/FAULTS.md"
	@echo "make fuzz      every fuzz target for SECONDS=60 each; what breaks one is kept in tests/fuzz/crashes"
	@echo "make soak      hours of mixed work compressed, and everything killed; SECONDS=900; writes tests/soak/RESULTS.md"
	@echo "make mutations takes out every defence once; writes tests/mutations/RESULTS.md"
	@echo "make threat-model  what of the surface THREAT_MODEL.md has not considered yet"
	@echo "make audit     asks the advisory database about every pinned version; needs a network"
	@echo "make rfc6455   every rule of RFC 6455 for a server; writes tests/unit/server/RFC6455.md"
	@echo "make lock      renew the locks with hashes"

setup:
	@bash installer/bootstrap.sh --with-node

demo:
	@bash installer/bootstrap.sh
	@$(BIN)/cardbridge-demo

client: setup
	@mkdir -p dist
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm pack --offline --silent --pack-destination dist ./web-demo/client

packages:
	@bash installer/bootstrap.sh --packages
	@python=$$(/usr/bin/python3 installer/bundle/build.py --environment) && $$python -m installer.packages

# What cannot be tried on this machine is in the table at the end as NOT RUN, with its reason.
test-packages: setup packages
	$(BIN)/python -m pytest -q tests/packages

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web-demo/client run --silent check

# Two files at a time: much of a test's time is waiting, for windows that must not take input at once.
# Hundreds of processes import bridge: none of them should have to compile it.
test: check
	$(BIN)/python -m compileall -q bridge
	$(BIN)/python -m pytest -q --durations=15 -m "not slow" -n 2 --dist loadfile

test-all: check packages
	@bash installer/bootstrap.sh --long --packages
	$(BIN)/python -m compileall -q bridge
	$(BIN)/python -m pytest -q --durations=15 -n 2 --dist loadfile --ignore tests/packages
	$(BIN)/python -m pytest -q --durations=15 tests/packages
	$(MAKE) fuzz SECONDS=10
	$(MAKE) soak SECONDS=120
	$(MAKE) mutations

# make bench ONLY=token,batch: some parts, and nothing is written.
bench: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tests.bench --only "$(ONLY)"

faults: setup
	CARDBRIDGE_FAULTS=write $(BIN)/python -m pytest -q tests/card/lab

# A run of less than five minutes writes no results.
SOAK_S := $(or $(SECONDS),900)
soak: setup
	nice -n 10 $(BIN)/python -m tests.soak $(SOAK_S)

# TARGETS="pdf frames" runs only these.
SECONDS ?= 60
fuzz: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/fuzz/requirements.lock
	nice -n 19 $(BIN)/python -m tests.fuzz $(SECONDS) $(TARGETS)
	CARDBRIDGE_EXAMPLES=$$(($(SECONDS) * 20)) nice -n 19 $(BIN)/python -m pytest -q --timeout 3600 -m hypothesis tests/fuzz tests/unit

mutations: setup
	$(BIN)/python -m tests.mutations

threat-model: setup
	$(BIN)/python -m tests.threats

rfc6455: setup
	CARDBRIDGE_RFC6455=write $(BIN)/python -m pytest -q tests/unit/server/test_rfc6455.py

format:
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Needs a network; without one, says so.
audit: setup
	$(BIN)/python installer/supply/audit.py

lock: setup
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml --group dev web-demo/pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml -o installer/requirements.lock
	$(BIN)/uv pip compile -q --generate-hashes --python-version 3.11 --no-header --group fuzz -o tests/fuzz/requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header installer/bundle/requirements.in -o installer/bundle/requirements.lock
	for name in requirements audit; do $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header installer/supply/$$name.in -o installer/supply/$$name.lock || exit 1; done

clean:
	rm -rf build dist .venv web-demo/client/node_modules web-demo/portal/node_modules
