#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every test: the programs of the release build; the suites under AddressSanitizer and UBSan, in the release build those that say what must be
# the same bytes whatever the compiler does, and what a block costs on the air; ten mutants in rotation; the fuzzers; the waf build.
# gcc compiles the release build, clang the one with the sanitizers, which suites and fuzzers share.
# Called by 'make check' after 'make build'.
set -eu
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
began=$(date +%s)
step() { printf '\n== %s (%s s so far)\n' "$*" "$(($(date +%s) - began))"; }

step "release: the programs, ns-3's suites, the same bytes"
cmake --build --preset release -j "$jobs" --target bac-exact-tests bac-dissemination-tests
ctest --preset release --output-on-failure -j "$jobs" -LE sanitize

step "mutants: ten bugs that bac-sim must find, other ones with each commit"
sh tests/mutants/run.sh --rotate=10 --preset=release

step "asan: the suites of the core and the results under AddressSanitizer and UBSan"
cmake --preset asan > /dev/null
cmake --build --preset asan -j "$jobs" --target tests fuzz
ctest --preset asan --output-on-failure -j "$jobs" -L 'sanitize|exact'

step "fuzz: the corpus, and 5 s of new inputs for each target"
sh tests/fuzz/run.sh 5

step "waf: the wscript, standalone"
sh tests/waf.sh

step "all checks passed"
