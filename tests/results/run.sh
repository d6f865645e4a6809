#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the real bac-compare ($1; bac-trace stands beside it): bad input, results, resuming, interrupts. Prints what failed.
# Usage: run.sh BAC_COMPARE
set -u
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
export BAC_TRACE_DIR="$work/trace cache"
unset NS_LOG NS_ATTRIBUTE_DEFAULT NS_GLOBAL_VALUE
small="--scenario=grid --evs=8 --shards=2 --time=2s --warmup=1s"

fail() {
  failures=$((failures + 1))
  printf 'FAILED: %s\n' "$*"
  [ -s "$work/err" ] && sed 's/^/  stderr: /' "$work/err" | head -5
}

# run STATUS ARGUMENT...: the program must end with that status
run() {
  expected=$1
  shift
  "$program" "$@" > "$work/out" 2> "$work/err"
  status=$?
  [ "$status" -eq "$expected" ] || fail "status $status, not $expected: $*"
}

# refuse WORD ARGUMENT...: status 2, one line on stderr with that word, nothing on stdout, no file left behind
refuse() {
  word=$1
  shift
  find . -path "./trace cache" -prune -o -type f -print | sort > "$work/before"
  run 2 "$@"
  find . -path "./trace cache" -prune -o -type f -print | sort > "$work/after"
  [ "$(wc -l < "$work/err")" -eq 1 ] || fail "not one line: $*"
  grep -q '^bac-compare: ' "$work/err" || fail "no name before the line: $*"
  grep -qF -e "$word" "$work/err" || fail "no \"$word\" in the line: $*"
  grep -q ': .*: ' "$work/err" || fail "no remedy in the line: $*"
  [ ! -s "$work/out" ] || fail "something on stdout: $*"
  cmp -s "$work/before" "$work/after" || fail "files left behind: $*"
  [ ! -e DIR ] || fail "DIR is there: $*"
}
: > before; : > after; : > out; : > err

# ---- What the user can mistype ----
refuse 'protocols=nope' --protocols=nope --out=DIR
refuse 'bac,nope' --protocols=bac,nope --out=DIR
refuse 'protocols=bac,,pbft' --protocols=bac,,pbft --out=DIR
refuse 'delivery=multicast' --delivery=multicast --out=DIR
refuse 'mode=fast' --mode=fast --out=DIR
refuse 'no mode text' --protocols=pbft --mode=text --out=DIR
refuse 'election=dice' --election=dice --out=DIR
refuse 'vote-rule=half' --vote-rule=half --out=DIR
refuse 'attack=all' --attack=all --out=DIR
refuse 'attack-on=guess' --attack=dos --attack-on=guess --out=DIR
refuse 'attack-delay=-1' --attack=dos --attack-delay=-1 --out=DIR
refuse 'attack-duration=0' --attack=dos --attack-duration=0 --out=DIR
refuse 'attack-power=99' --attack=dos --attack-power=99 --out=DIR
refuse 'sybil-identities=1' --attack=sybil --sybil-identities=1 --out=DIR
refuse 'sybil-units=many' --attack=sybil --sybil-units=many --out=DIR
refuse 'scenario=atlantis' --scenario=atlantis --out=DIR
refuse 'nowhere/my.sumocfg' --scenario=nowhere/my.sumocfg --out=DIR
refuse 'there is no option --frobnicate' --frobnicate=1 --out=DIR
refuse 'there is no option --evz' --evz --out=DIR
refuse 'protocols' protocols --out=DIR
refuse '-x' -x --out=DIR
refuse '--evs needs a value' --evs --out=DIR
refuse '--out needs a value' --out=
for value in -1 0 abc 12x 1e3 0x10 '' ' 8' 99999999999999999999 4294967376 70000; do
  [ -z "$value" ] || refuse "evs=$value" "--evs=$value" --out=DIR
done
for value in -60 -60s 0 0s abc 60x nan inf 1e9 60m 25h; do
  refuse "time=$value" "--time=$value" --out=DIR
done
for value in 0 -4 33 four; do refuse "shards=$value" "--shards=$value" --out=DIR; done
for value in 0 -3 x 1000001; do refuse "seeds=$value" "--seeds=$value" --out=DIR; done
for value in 0 -1 many 100000; do refuse "jobs=$value" "--jobs=$value" --out=DIR; done
refuse 'first-seed=2147483647' --first-seed=2147483647 --seeds=2 --out=DIR
refuse 'first-seed=-1' --RngRun=-1 --out=DIR
refuse 'shards=4 is more than --evs=3' --evs=3 --shards=4 --out=DIR
refuse 'block-bytes=2000001' --block-bytes=2000001 --out=DIR
refuse 'block-bytes=-1' --block-bytes=-1 --out=DIR
refuse 'churn=perhaps' --churn=perhaps --out=DIR
refuse 'rate=7' --rate=7 --out=DIR
refuse 'eirp=99' --eirp=99 --out=DIR
refuse 'loss=tr37885' --loss=tr37885 --out=DIR
refuse 'mask=E' --mask=E --out=DIR
refuse 'access=now' --access=now --out=DIR
refuse 'EDCA of BE is 1, 3, 7' --edca-be=1,3,7 --out=DIR
refuse 'sensitivity=-200' --sensitivity=-200 --out=DIR
refuse 'cca=5' --cca=5 --out=DIR
refuse 'energy-detect=x' --energy-detect=x --out=DIR
refuse 'preamble-sinr=99' --preamble-sinr=99 --out=DIR
refuse 'too few numbers' --nakagami-m=1,2 --out=DIR
refuse 'too many numbers' --nakagami-from=80,200,300 --out=DIR
refuse 'nakagami-m=x' --nakagami-m=1,x,2 --out=DIR
refuse 'exponents=-1' --exponents=-1 --out=DIR
refuse 'loss-from=' --loss-from= --out=DIR
refuse 'ns3::NoSuchThing::X' --ns3::NoSuchThing::X=1 --out=DIR
refuse 'SchedulerType' --SchedulerType=nonsense --out=DIR

# ---- Folders ----
refuse '/proc/results' $small --out=/proc/results
refuse '/dev/null/results' $small --out=/dev/null/results
mkdir other && echo thesis > other/thesis.tex
refuse 'thesis.tex' $small --out=other
mkdir broken && echo 'this is no database' > broken/results.sqlite
refuse 'broken' $small --out=broken
if [ "$(id -u)" -ne 0 ]; then
  mkdir locked && chmod 555 locked
  refuse 'locked' $small --out=locked
  refuse 'locked/x' $small --out=locked/x
fi

# ---- Traces ----
refuse 'nope.trace' --trace=nope.trace --evs=8 --shards=2 --time=2s --out=DIR
run 0 $small --protocols=bac --delivery=broadcast --seeds=1 --out=first
trace=$(ls "$BAC_TRACE_DIR"/grid*seed1.trace)
head -c 5000 "$trace" > torn.trace
refuse 'torn.trace' --trace=torn.trace --evs=8 --shards=2 --time=2s --seeds=1 --out=DIR
: > empty.trace
refuse 'empty.trace' --trace=empty.trace --evs=8 --shards=2 --time=2s --seeds=1 --out=DIR
refuse 'choose' --trace="$trace" --evs=3000 --shards=6 --time=2s --seeds=1 --out=DIR
refuse 's: ' --trace="$trace" --evs=8 --shards=2 --time=1h --seeds=1 --out=DIR
refuse 'scenario' --trace="$trace" --scenario=highway --out=DIR
mkdir mine && (cd mine && netgenerate --grid --grid.number=3 -o net.net.xml > /dev/null 2>&1 &&
  echo '<routes/>' > none.rou.xml &&
  echo '<configuration><input><net-file value="net.net.xml"/><route-files value="none.rou.xml"/></input></configuration>' > my.sumocfg)
refuse 'no electric vehicle' --scenario=mine/my.sumocfg --evs=8 --shards=2 --time=2s --seeds=1 --out=DIR
rm -rf mine first

# ---- What it does right ----
for word in protocols delivery scenario evs 'time' seeds out jobs force block-bytes eirp loss mask access edca-vo sensitivity cca energy-detect preamble preamble-sinr nakagami-m; do
  run 0 --help
  grep -q -e "--$word:" out || fail "no --$word in --help"
done
run 0 --protocols=help
grep -q '^bac: .*safe text alg1' out && grep -q '^pbft: ' out || fail "--protocols=help does not list bac and pbft"
run 0 --scenario=help
grep -q '^bologna$' out || fail "--scenario=help does not list bologna"

run 0 $small --protocols=bac,pbft --delivery=broadcast,unicast --seeds=2 --out="A folder"
for name in results.sqlite runs.csv blocks.csv reputation.csv links.csv summary.csv figure.png figure.pdf figure.gp; do
  [ -s "A folder/$name" ] || fail "no $name"
done
[ "$(ls -A "A folder" | wc -l)" -eq 9 ] || fail "more than the nine files: $(ls -A "A folder")"
[ "$(grep -c '^\(bac\|pbft\) *safe *\(broadcast\|unicast\) *2 ' out)" -eq 4 ] || fail "no table with four rows of two runs"
grep -q '95 % confidence interval' out || fail "the interval is not explained"

# drop FILE COLUMN...: the CSV without these columns
drop() {
  python3 -c '
import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="")))
keep = [i for i, name in enumerate(rows[0]) if name not in sys.argv[2:]]
csv.writer(sys.stdout).writerows([row[i] for i in keep] for row in rows)' "$@"
}
python3 - "A folder/runs.csv" << 'EOF' || fail "runs.csv is not as it should be"
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
wanted = """protocol mode delivery radio scenario evs seed blocks_committed block_latency_p50_s tx_latency_p50_s
throughput_tps pdr cbr conflicts wall_s status error command attack attacks rounds_to_decide storage_whole_bytes
light_proof_bytes_mean""".split()
missing = [name for name in wanted if name not in rows[0]]
assert not missing, missing
runs = [(r["protocol"], r["delivery"], r["seed"]) for r in rows]
assert runs == [(p, d, s) for p in ("bac", "pbft") for d in ("broadcast", "unicast") for s in ("1", "2")], runs
assert all(r["status"] == "ok" and r["scenario"] == "grid" and r["evs"] == "8" for r in rows), rows
EOF

python3 - "A folder/reputation.csv" << 'EOF' || fail "reputation.csv is not as it should be"
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
assert list(rows[0]) == "protocol mode delivery seed epoch shard ev b d u rho units".split(), rows[0]
first = [r for r in rows if r["epoch"] == "0" and r["seed"] == "1" and r["protocol"] == "bac" and r["delivery"] == "unicast"]
assert len({(r["shard"], r["ev"]) for r in first}) == len(first) > 3, first
assert all(abs(float(r["b"]) + float(r["d"]) + float(r["u"]) - 1) < 1e-5 and abs(float(r["rho"]) - float(r["b"]) - float(r["u"]) / 2) < 1e-5 for r in rows)
EOF

python3 - "A folder/links.csv" << 'EOF' || fail "links.csv is not as it should be"
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
lost = "lost_weak lost_half_duplex lost_busy lost_preamble lost_header lost_payload".split()
wanted = ("protocol mode delivery seed from_m to_m expected received pdr".split() + lost +
          "pir_mean_s pir_p95_s sinr_lock_mean_db sinr_lock_p05_db sinr_lock_p50_db sinr_lock_p95_db".split())
assert list(rows[0])[:len(wanted)] == wanted, list(rows[0])
assert len(rows) == 8 * 20, len(rows)
assert all(int(r["expected"]) == int(r["received"]) + sum(int(r[name]) for name in lost) for r in rows)
assert sum(int(r["received"]) for r in rows) > 1000
EOF

# The paper's link model: SINR and rate of each pair, against three log at 23 dBm.
run 0 $small --protocols=bac --delivery=broadcast --seeds=1 --radio=fast --link-model --netanim --out=model
python3 - model << 'EOF' || fail "the link model is not as it should be"
import csv, math, sys
rows = list(csv.DictReader(open(sys.argv[1] + "/link-model/bac-safe-broadcast-seed1.csv", newline="")))
assert list(rows[0]) == "time_s from to distance_m sinr_db rate_mbps".split(), rows[0]
noise = 10 * math.log10(1.3803e-23 * 290 * 1e7) + 37
def snr(m):
    m = max(m, 1)
    return 23 - 47.86 - 19 * math.log10(min(m, 80)) - 38 * math.log10(max(m, 80) / 80) - noise
for r in rows:
    m, sinr, rate = float(r["distance_m"]), float(r["sinr_db"]), float(r["rate_mbps"])
    assert m < 5 or abs(rate - 10 * math.log2(1 + 10 ** (snr(m) / 10))) < 0.05, r
    assert sinr < snr(max(m, 0.99)) + 0.03 or m < 5, r
pairs = [(r["time_s"], r["from"], r["to"]) for r in rows]
assert len(set(pairs)) == len(pairs) > 20 and len({t for t, a, b in pairs}) == 2
assert all((t, b, a) in set(pairs) for t, a, b in pairs)
run = next(csv.DictReader(open(sys.argv[1] + "/runs.csv", newline="")))
assert abs(float(run["cbr100_mean"]) / float(run["cbr"]) - 1) < 0.02, (run["cbr100_mean"], run["cbr"]) # the last window, too
bins = list(csv.DictReader(open(sys.argv[1] + "/links.csv", newline="")))
assert sum(int(b["model_pairs"]) for b in bins) == len(rows)
for b in bins:
    of = [float(r["rate_mbps"]) for r in rows if int(b["from_m"]) <= float(r["distance_m"]) < int(b["to_m"])]
    assert not of or abs(sum(of) / len(of) - float(b["model_rate_mean_mbps"])) < 1e-3, b
EOF

python3 - model << 'EOF' || fail "the animation is not as it should be"
import csv, sys, xml.etree.ElementTree as xml
anim = xml.parse(sys.argv[1] + "/netanim/bac-safe-broadcast-seed1.xml").getroot()
run = next(csv.DictReader(open(sys.argv[1] + "/runs.csv", newline="")))
assert anim.tag == "anim" and anim.get("ver").startswith("netanim-3."), anim.attrib
nodes = [e.get("id") for e in anim if e.tag == "node"]
assert len(nodes) == len(set(nodes)) >= 8 + int(run["rsus"]), nodes
updates = [e for e in anim if e.tag == "nu"]
assert len(updates) + len(nodes) == len(anim) and {e.get("id") for e in updates} == set(nodes)
times = [float(e.get("t")) for e in updates]
assert times == sorted(times) and 2 < max(times) < 3.2, max(times)
places = [(float(e.get("x")), float(e.get("y"))) for e in updates if e.get("p") == "p"]
assert len(places) > 8 and all(-1 <= x <= 3000 and -1 <= y <= 3000 for x, y in places), places
text = {e.get("descr") for e in updates if e.get("p") == "d"}
assert any(t.endswith(" P") for t in text) and any(t.endswith(" CP") for t in text), text
assert len({(e.get("r"), e.get("g"), e.get("b")) for e in updates if e.get("p") == "c"}) >= 2
EOF

# The same again, in another folder and order: the same bytes, but for the clock and the memory.
run 0 $small --protocols=pbft,bac --delivery=unicast,broadcast --seeds=2 --jobs=1 --out=B
for name in runs.csv blocks.csv reputation.csv links.csv; do
  drop "A folder/$name" wall_s events_per_s peak_memory_mb > one
  drop "B/$name" wall_s events_per_s peak_memory_mb > two
  cmp -s one two || fail "$name differs between two runs of the same: $(diff one two | head -3)"
done

# Resuming, adding, refusing, forcing
cp B/runs.csv kept.csv
run 0 $small --protocols=pbft,bac --delivery=unicast,broadcast --seeds=2 --out=B
grep -q '8 of 8 runs are in B already' err || fail "finished runs were not kept"
cmp -s B/runs.csv kept.csv || fail "kept runs changed"
run 0 $small --protocols=bac --delivery=broadcast --seeds=3 --out=B
grep -q '2 of 3 runs are in B already' err || fail "a third seed was not added"
[ "$(wc -l < B/runs.csv)" -eq 10 ] || fail "runs.csv has not nine rows"
cp B/runs.csv kept.csv
run 2 $small --evs=10 --protocols=bac --delivery=broadcast --seeds=1 --out=B
grep -q -e 'has results of --evs=8' err || fail "another configuration was not refused"
cmp -s B/runs.csv kept.csv || fail "a refused call changed results"
run 0 $small --evs=10 --protocols=bac --delivery=broadcast --seeds=1 --force --out=B
cmp -s B/previous/runs.csv kept.csv || fail "--force lost the earlier results"
[ "$(wc -l < B/runs.csv)" -eq 2 ] || fail "--force did not begin anew"
grep -q 'one seed, no interval' out || fail "one seed is not told"

# The command of a row repeats it.
command=$(python3 -c 'import csv; print(next(csv.DictReader(open("B/runs.csv")))["command"])')
(cd "$work" && eval "\"\$program\" ${command#bac-compare }" > out 2> err) || fail "the command of a row does not work: $command"
drop B/runs.csv wall_s events_per_s peak_memory_mb > one
drop repeat/runs.csv wall_s events_per_s peak_memory_mb > two
cmp -s one two || fail "the command of a row gives another row"

# An interrupt: the finished stay, the others are marked; going on completes it.
set -- "--trace=$trace" --evs=8 --shards=2 --time=2s --warmup=1s --seeds=60 --out=C
"$program" "$@" --jobs=2 > out 2> err &
child=$!
tries=0
until grep -qs ',ok,' C/runs.csv || [ $tries -gt 600 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
kill -INT $child
wait $child
status=$?
[ $status -eq 130 ] || fail "status $status after SIGINT, not 130"
grep -q 'are not finished' err || fail "the interrupt is not told"
[ "$(wc -l < C/runs.csv)" -eq 241 ] || fail "after SIGINT runs.csv does not have all rows"
grep -q ',ok,' C/runs.csv || fail "after SIGINT no finished row was kept"
grep -q ',failed,' C/runs.csv || fail "after SIGINT no row is marked as failed"
find C -name '*tmp*' | grep -q . && fail "temporary files after SIGINT"

# Two at a time in one folder
"$program" "$@" --jobs=1 > /dev/null 2>&1 &
child=$!
sleep 1
run 2 "$@"
grep -q 'in use' err || fail "two at a time in one folder"
kill -TERM $child
wait $child

if [ $failures -gt 0 ]; then
  echo "$failures checks of bac-compare failed"
  exit 1
fi
echo "bac-compare: all checks passed"
