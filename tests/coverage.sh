#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Coverage of the core by lines and branches: builds it for gcov into build/coverage, runs the core's suites and some worlds of bac-sim, and
# prints what of bac-core/src was reached, by file, the least covered first. Not part of CI (5 min).
# Usage: coverage.sh [--lines=FILE]   (--lines: instead, the lines of that file that nothing reached)
set -eu
cd "$(dirname "$0")/.."
show=
case ${1:-} in
  '') ;;
  --lines=*) show=${1#*=}; [ -f "$show" ] || { echo "coverage: there is no file \"$show\"" >&2; exit 2; } ;;
  *) echo "coverage: \"$1\" is no option: see the head of tests/coverage.sh" >&2; exit 2 ;;
esac
jobs=${JOBS:-$(nproc)} build=${BUILD:-build/coverage}
if [ -z "$show" ]; then
  mkdir -p "$build"
  log=$build/log
  # The C code alone is instrumented, not the tests.
  cmake -S . -B "$build" -G Ninja -DBAC_NS3=OFF -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS_RELWITHDEBINFO='-O0 -g1 --coverage' \
    -DCMAKE_EXE_LINKER_FLAGS=--coverage > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
  cmake --build "$build" -j "$jobs" --target tests bac-sim > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
  find "$build" -name '*.gcda' -delete
  ctest --test-dir "$build" -j "$jobs" -E '^(bac-sim|layers)$' > "$log" 2>&1 || { cat "$log" >&2; echo "coverage: a test failed" >&2; exit 1; }
  "$build/bin/bac-sim" --protocol=all --seeds=25 > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
python3 - "$build" "$show" <<'PY'
import glob, json, os, subprocess, sys
build, show = sys.argv[1:]
here = os.getcwd()
lines, branches = {}, {}
for note in sorted(glob.glob(build + "/**/bac-core.dir/bac-core/src/**/*.gcda", recursive=True)):
    out = subprocess.run(["gcov", "--json-format", "--stdout", "-b", os.path.abspath(note)], cwd=build, capture_output=True, check=True).stdout
    for text in out.splitlines():
        for file in json.loads(text)["files"]:
            name = os.path.relpath(os.path.join(build, file["file"]) if not os.path.isabs(file["file"]) else file["file"], here)
            if not name.startswith("bac-core/src/"):
                continue
            for line in file["lines"]:
                at = (name, line["line_number"])
                lines[at] = lines.get(at, 0) + line["count"]
                for i, branch in enumerate(line["branches"]):
                    way = at + (i,)
                    branches[way] = branches.get(way, 0) + branch["count"]
if not lines:
    sys.exit("coverage: nothing was measured: run tests/coverage.sh without options first")
if show:
    text = open(show).read().split("\n")
    for name, number in sorted(at for at in lines if at[0] == show):
        ways = [branches[w] for w in sorted(w for w in branches if w[:2] == (name, number))]
        if lines[name, number] == 0 or 0 in ways:
            mark = "never" if lines[name, number] == 0 else "%d/%d" % (sum(w > 0 for w in ways), len(ways))
            print("%5d %-6s %s" % (number, mark, text[number - 1]))
    sys.exit()
def share(of, name):
    counts = [of[at] for at in of if name is None or at[0] == name]
    return 100.0 * sum(c > 0 for c in counts) / len(counts) if counts else 100.0, len(counts)
rows = sorted((share(lines, name)[0], name) for name in {at[0] for at in lines})
print("lines    branches   file")
for _, name in rows:
    print("%5.1f %%   %5.1f %%   %s (%d lines)" % (share(lines, name)[0], share(branches, name)[0], name, share(lines, name)[1]))
print("%5.1f %%   %5.1f %%   all of bac-core/src: %d lines, %d branches" % (share(lines, None)[0], share(branches, None)[0], len(lines), len(branches)))
PY
