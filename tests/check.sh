#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every test: the release build's suites and scripts, those of the core and of the results under AddressSanitizer and UBSan, the fuzzers,
# the waf build.
# Called by 'make check' after 'make build'.
set -eu
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
began=$(date +%s)
step() { printf '\n== %s (%s s so far)\n' "$*" "$(($(date +%s) - began))"; }

step "release: suites and scripts"
ctest --preset release --output-on-failure -j "$jobs"

step "asan: the suites of the core and the results under AddressSanitizer and UBSan"
cmake --preset asan > /dev/null
cmake --build --preset asan -j "$jobs" --target sanitize
ctest --preset asan --output-on-failure -j "$jobs" -L sanitize

step "fuzz: the corpus, and 5 s of new inputs for each target"
sh tests/fuzz/run.sh 5

step "waf: the wscript, standalone"
sh tests/waf.sh

step "all checks passed"
