# A thin front: Meson builds, the scripts do the rest. Everything runs without a terminal, as root or with sudo.
SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: build demo test test-faults lint bench accuracy accuracy-clean fuzz clean help

build: ## build/trawl, installing what is missing
	@scripts/install-packages build
	@scripts/build build trawl

demo: ## build, scan the example bucket, print the report
	@scripts/demo

test: ## every test: unit, contract, fuzz corpora, system; plain and under ASan+UBSan
	@scripts/install-packages build test
	@scripts/test

test-faults: ## kills, cut networks and absences at random, for minutes; FAULTS_SEED=N repeats a run
	@scripts/install-packages build test
	@scripts/test-faults

lint: ## formatting, clang-tidy, room includes, lone headers and the rest
	@scripts/install-packages build test
	@scripts/lint

bench: ## figures side by side; never passes or fails by time
	@scripts/install-packages build test
	@scripts/build build
	@/usr/bin/python3 bench/run.py --build build
	@/usr/bin/python3 bench/store.py --build build
	@/usr/bin/python3 bench/workflow.py --build build

accuracy: ## recall and false alarms by detector over CORPUS=DIR, or over the rules' own examples
	@scripts/install-packages build test
	@scripts/build build bench/accuracy
	@/usr/bin/python3 bench/accuracy.py --build build

accuracy-clean: ## false alarms per MB, by detector and tier, over text that Debian ships
	@scripts/install-packages build test
	@scripts/build build bench/accuracy_clean
	@/usr/bin/python3 bench/accuracy_clean.py --build build

fuzz: ## each fuzz target for FUZZ_SECONDS (60)
	@scripts/install-packages build test
	@scripts/fuzz

clean: ## what the build made
	rm -rf build build-asan build-fuzz

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1: /p' Makefile
