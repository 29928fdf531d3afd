# `make` lists the targets. Each brings what it needs from hash-locked files (scripts/bootstrap.sh).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.SUFFIXES:
.PHONY: help run quick test nightly month load flow drill drill-ranges fuzz invoke mutants check bench bench-factchecks meaning learning reconcile relay weights transfer build deploy clean setup setup-test setup-check setup-build template-check

export SAM_CLI_TELEMETRY := 0

BIN := .venv/bin
SAM := .tools/sam/bin/sam
CHECKOV := .tools/checkov/bin/checkov
SOURCES := layers functions local
TEMPLATES := template.yaml provider.yaml
ARCH := x86_64
QUICK := rules matcher ledger intake scan decide

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## the samples, or FILE= PROVIDER= PACKS= OUT=, through the whole stack on this machine
	$(BIN)/terang run $(FILE) $(if $(PROVIDER),--provider $(PROVIDER)) $(if $(PACKS),--packs $(PACKS)) $(if $(OUT),--out $(OUT)) $(ARGS)

quick: setup ## a first look, in about a minute: the tests of what reads, matches and records posts
	$(BIN)/pytest -n auto --maxprocesses 8 -q $(QUICK:%=tests/unit/%) $(ARGS)

test: setup-test ## the tests, with one each of the local stack and of the desk in a browser; ARGS= goes to pytest
	$(BIN)/pytest -n auto --maxprocesses 8 $(ARGS)

nightly: setup-test ## the rest: all of the local stack, browsers and the month; MINUTES= (30) of Matrix, then (5) of make drill
	@scripts/bootstrap.sh synapse
	MINUTES=$(or $(MINUTES),30) $(BIN)/pytest -m 'nightly or hypothesis' --hypothesis-profile nightly -n auto --maxprocesses 8 $(ARGS)
	$(MAKE) drill MINUTES=$(or $(MINUTES),5)

month: setup ## a month of 20,000 posts and all that people do, by a script of its own count; OUT= keeps its pages
	MONTH=full MONTH_OUT=$(OUT) $(BIN)/pytest tests/month -m stack --durations=1 $(ARGS)

load: setup ## 50,000 messages and 40 files of three providers at once while workers are killed; ARGS= e.g. --messages 5000
	PYTHONPATH=tests $(BIN)/python -m tools.load $(ARGS)

flow: setup-test ## a moderator's day at the console of a local stack, in Chromium: keys, times, pages; ARGS= e.g. --open 100 --pictures DIR
	PYTHONPATH=tests $(BIN)/python -m tools.flow $(ARGS)

drill: setup-test ## simulated faults, seed after seed: MINUTES= JOBS=; PAIRS=1 for all pairs; SEED= or FAULTS= for one alone
	PYTHONPATH=tests $(BIN)/python -m simulation.drill $(if $(MINUTES),--minutes $(MINUTES)) $(if $(JOBS),--jobs $(JOBS)) \
	  $(if $(PAIRS),--pairs) $(if $(SEED),--seed $(SEED)) $(if $(FAULTS),--faults '$(FAULTS)')

check: setup-check template-check ## what CI demands: format, lint, types, template, security, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/bandit --quiet --severity-level medium --recursive $(SOURCES) scripts # ruff's S rules see the low ones
	$(BIN)/pytest -n auto --maxprocesses 8 $(ARGS)

template-check: setup-check
	$(BIN)/cfn-lint $(TEMPLATES)
	AWS_DEFAULT_REGION=eu-west-1 $(SAM) validate --lint --template template.yaml # wants a region, calls nobody
	scripts/check_checkov.sh $(CHECKOV) $(TEMPLATES)

bench: setup ## speed and memory of the matcher, beside others; ARGS= goes to pytest
	@scripts/bootstrap.sh bench sam runtime
	$(BIN)/pytest tests/tools/bench -o python_files='bench_*.py' -s $(ARGS)

fuzz: setup ## RUNS= inputs (a million) for each reader of files, packs, messages, and of what the command is given
	@scripts/bootstrap.sh fuzz
	for target in readers packs messages statements reports recount checks desk authoring counts logs; do .tools/fuzz/bin/python tests/tools/fuzz/fuzz_$$target.py $(or $(RUNS),1000000); done

mutants: setup ## SIZE= small changes (100) to functions and layers, drawn by SEED=: which of them does no test notice?
	@scripts/bootstrap.sh mutation
	.tools/mutation/bin/python tests/tools/mutation/mutants.py --size $(or $(SIZE),100) --seed $(or $(SEED),1) $(ARGS)

drill-ranges: setup ## CASES= (a million) random files, each cut at random; SEED= is the first
	PYTHONPATH=tests $(BIN)/python -m tools.drill.ranges_drill --cases $(or $(CASES),1000000) --first $(or $(SEED),0)

bench-factchecks: setup ## how well published checks are found and attached, and what that costs
	@scripts/bootstrap.sh bench meaning
	$(BIN)/pytest tests/tools/bench/bench_factchecks.py -o python_files='bench_*.py' -s $(ARGS)

meaning: setup ## the model of `terang ask --meaning`, 90 MB
	@scripts/bootstrap.sh meaning

learning: ## what finds the weights of `terang packs learn`, 150 MB
	@scripts/bootstrap.sh learning

reconcile: setup ## what reads the dumps of `terang reconcile`, 70 MB
	@scripts/bootstrap.sh reconcile

relay: setup ## what reads Jetstream for `terang relay`, 2 MB
	@scripts/bootstrap.sh relay

weights: ## fit the published weights of layers/claims to the development set
	@scripts/bootstrap.sh training
	PYTHONPATH=layers/claims:layers/terang:tests .tools/training/bin/python -m tools.training.train

transfer: ## do weights fitted to some texts hold for others?
	@scripts/bootstrap.sh training
	PYTHONPATH=layers/claims:layers/terang:tests .tools/training/bin/python -m tools.training.transfer

invoke: setup ## EVENT= of events/ to its built function, without Docker; it works on the stack STACK= (terang)
	@scripts/bootstrap.sh sam runtime
	@$(BIN)/python events/invoke.py "$(EVENT)" $(or $(STACK),terang) $(or $(PROVIDER),sample-chat)

# Babel brings 1,100 locales in 32 MB. These are the ones of phrases.py and those that they inherit from.
LOCALES = root en en_001 en_GB id id_ID zh zh_Hans zh_Hans_CN

# sam takes no parameter for the processor of a layer, so it reads a copy of the template that names another one.
build: setup-build ## sam build: layers and functions as they go to AWS; ARCH=arm64 for the cheaper processor
	$(if $(filter x86_64 arm64,$(ARCH)),,$(error ARCH is x86_64 or arm64, not "$(ARCH)"))
	sed 's/x86_64/$(ARCH)/g' template.yaml > .template.yaml
	PATH="$(CURDIR)/.tools/runtime/bin:$$PATH" $(SAM) build --template .template.yaml # sam wants a python3.13 that has pip
	find .aws-sam/build/PagesLayer/python/babel/locale-data -name '*.dat' $(LOCALES:%=! -name %.dat) -delete

deploy: build ## sam deploy; asks for every parameter unless ARGS= names them; ARCH= as of build
	$(SAM) deploy $(if $(ARGS),$(ARGS),--guided)

lock: ## requirements/*.lock anew from requirements/*.in, with hashes
	scripts/lock.sh

clean: ## remove environments, builds and caches; packs, samples and your output stay
	rm -rf .venv .tools .aws-sam .local-build .fuzz .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup:
	@scripts/bootstrap.sh dev stack
setup-test:
	@scripts/bootstrap.sh dev stack sam runtime learning reconcile relay
setup-check:
	@scripts/bootstrap.sh dev stack sam runtime checkov learning reconcile relay
setup-build:
	@scripts/bootstrap.sh sam runtime
