# SPDX-License-Identifier: GPL-2.0-only
# The commands a user types; CMake does the work. See 'make help'.
.DEFAULT_GOAL := help
PRESET ?= release
JOBS ?= $(shell nproc)
OUT ?= results/demo
SEED ?= 1
SECONDS ?= 60
.PHONY: help setup configure build core soak fuzz mutants coverage demo check bench waf clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

setup: ## install the Debian packages of packages.txt that are missing
	@sh tools/setup.sh

build: configure ## build everything into build/release
	@cmake --build --preset $(PRESET) -j $(JOBS)

configure: setup
	@cmake --preset $(PRESET) > build-configure.log 2>&1 || { cat build-configure.log; rm -f build-configure.log; exit 1; }
	@rm -f build-configure.log

core: ## build and test the C core alone (no ns-3, no SUMO)
	@sh tools/setup.sh core
	@cmake --preset core > /dev/null
	@cmake --build --preset core -j $(JOBS) --target all tests
	@ctest --preset core --output-on-failure -j $(JOBS)

soak: ## the fault simulator over all engines until stopped (Ctrl-C); SEED= starts elsewhere
	@sh tools/setup.sh core
	@cmake --preset core > /dev/null
	@cmake --build --preset core -j $(JOBS) --target bac-sim
	@build/core/bin/bac-sim --protocol=all --seed="$(SEED)" --seeds=0

fuzz: ## fuzz each decoder and the step function; SECONDS= for each (default 60)
	@sh tools/setup.sh
	@sh tests/fuzz/run.sh $(SECONDS)

mutants: ## put one small bug after the other into the protocols: bac-sim must find each (2 min)
	@sh tools/setup.sh core
	@sh tests/mutants/run.sh --table

coverage: ## lines and branches of the core that its tests reach (5 min)
	@sh tools/setup.sh core
	@sh tests/coverage.sh

DEMO = build/$(PRESET)/bin/bac-compare --scenario=bologna --evs=80 --shards=4 --time=30s --seeds=3 --out="$(OUT)"
demo: configure ## compare bac, bac2, pbft and hashgraph on Bologna: table, results and picture in results/demo
	@cmake --build --preset $(PRESET) -j $(JOBS) --target bac-compare bac-trace bac-bound bac-cost bac-sim
	@$(DEMO) --protocols=bac,pbft --delivery=unicast > /dev/null
	@$(DEMO) --protocols=bac,bac2,pbft,hashgraph --delivery=broadcast

check: build ## run every test
	@sh tests/check.sh

bench: configure ## compare the fast radio medium with stock ns-3: speed, memory, delivery by distance (20 min; see bac-radio-bench --help)
	@cmake --build --preset $(PRESET) -j $(JOBS) --target bac-radio-bench
	@build/$(PRESET)/bin/bac-radio-bench --evs=200 --time=20 --stock-time=5
	@build/$(PRESET)/bin/bac-radio-bench --evs=2000 --time=2 --stock-time=0.5

clean: ## remove what was built (results stay)
	rm -rf build
