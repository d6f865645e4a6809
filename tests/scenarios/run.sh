#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Builds every scenario for a short window with bac-trace and checks counts, determinism, a user's own scenario,
# agreement with SUMO's own output, and what bad input gets: one line, exit status 2, nothing left behind.
# Usage: run.sh PATH/TO/bac-trace
set -eu
tool=$(realpath "${1:?usage: run.sh PATH/TO/bac-trace}")
here=$(dirname "$(realpath "$0")")
export BAC_SCENARIOS="${BAC_SCENARIOS:-$here/../../sumo-scenarios}"
BAC_SCENARIOS=$(realpath "$BAC_SCENARIOS")
home=${SUMO_HOME:-/usr/share/sumo}
unset SUMO_HOME

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir "$work/a path, with ünusual & \"characters\""
cd "$work/a path, with ünusual & \"characters\""

failures=0
fail() {
  echo "FAIL: $*" >&2
  failures=$((failures + 1))
}
check() { # check LABEL COMMAND...: the command succeeds
  label=$1
  shift
  "$@" || fail "$label"
}

# refuse LABEL PATTERN COMMAND...: exit status 2, nothing on stdout, one line on stderr that matches, no file left.
refuse() {
  label=$1 pattern=$2
  shift 2
  find . | sort > ../before
  status=0
  "$@" > ../stdout 2> ../stderr || status=$?
  find . | sort > ../after
  [ $status -eq 2 ] || fail "$label: exit status $status, not 2"
  [ ! -s ../stdout ] || fail "$label: wrote to stdout"
  [ "$(wc -l < ../stderr)" -eq 1 ] || fail "$label: not one line: $(cat ../stderr)"
  grep -q -e "$pattern" ../stderr || fail "$label: '$pattern' is not in: $(cat ../stderr)"
  cmp -s ../before ../after || fail "$label: left or lost files: $(diff ../before ../after)"
}

# whole FILE: the vehicles that are there the whole window, a line for each shard.
whole() { "$tool" --info="$1" | awk '$1 == "shard" { print $3 }'; }

# places FILE: who is where at what time.
places() { "$tool" --csv="$1" | cut -d , -f 1,2,5-7; }

echo "scenarios: counts and determinism"
for scenario in bologna highway grid; do
  "$tool" --scenario=$scenario --seed=7 --out=$scenario.trace > /dev/null
  # The first seconds, when seeds already tell: what comes before a window takes most of the time that a trace does.
  for run in a7 b7 a8; do "$tool" --scenario=$scenario --begin=0 --duration=20 --seed=${run#?} --out=$run.trace > /dev/null; done
  check "$scenario: the same seed gives the same bytes" cmp a7.trace b7.trace
  places a7.trace > ../a7.csv && places a8.trace > ../a8.csv
  if cmp -s ../a7.csv ../a8.csv; then fail "$scenario: another seed gives the same traffic"; fi
  counts=$(whole $scenario.trace) total=0
  check "$scenario: four shards" [ "$(echo $counts | wc -w)" -eq 4 ]
  for count in $counts; do
    total=$((total + count))
    check "$scenario: a shard has only $count" [ "$count" -ge 50 ]
  done
  check "$scenario: only $total vehicles stay" [ "$total" -ge 400 ]
  rm a7.trace b7.trace a8.trace
done
# Grid with buildings: the same counts, and once more the same seed over a whole window.
"$tool" --scenario=manhattan --seed=7 --out=manhattan.trace > /dev/null
"$tool" --csv=grid.trace > ../grid.csv && "$tool" --csv=manhattan.trace > ../manhattan.csv
check "manhattan: the traffic of grid" cmp ../grid.csv ../manhattan.csv
check "nothing but traces is left: $(ls)" [ "$(ls | wc -l)" -eq 4 ]

buildings() { "$tool" --info="$1" | awk '$1 == "buildings" { print $2 }'; }
check "a building in each block of manhattan: $(buildings manhattan.trace)" [ "$(buildings manhattan.trace)" = 100 ]
check "no building in grid: $(buildings grid.trace)" [ -z "$(buildings grid.trace)" ]

echo "scenarios: --reuse"
touch -d 2000-01-01 bologna.trace
"$tool" --scenario=bologna --seed=7 --out=bologna.trace --reuse > /dev/null
check "an unchanged trace is kept" [ "$(date -r bologna.trace +%Y)" = 2000 ]
"$tool" --scenario=bologna --seed=9 --out=bologna.trace --reuse > /dev/null
check "other options rebuild it" [ "$(date -r bologna.trace +%Y)" != 2000 ]

echo "scenarios: charge"
awk -F, 'NR > 1 {
  if ($10 < 0 || $10 > $11) bad++
  if ($2 == last && $10 > charge) gained++
  if ($2 == last && $10 < charge) lost++
  if (!($2 in seen)) { seen[$2] = 1; share = $10 / $11; if (share < 0.15 || share > 0.9) bad++ }
  last = $2; charge = $10
} END { exit !(bad == 0 && lost > 0 && gained > 0) }' ../grid.csv ||
  fail "charge falls and is regenerated within bounds"

echo "a user's own scenario"
mkdir "my city"
cat > "my city/my net.nod.xml" <<'EOF'
<nodes><node id="a" x="-500" y="-20"/><node id="b" x="0" y="0"/><node id="c" x="400" y="300"/></nodes>
EOF
cat > "my city/my net.edg.xml" <<'EOF'
<edges><edge id="ab" from="a" to="b" numLanes="2"/><edge id="bc" from="b" to="c"/></edges>
EOF
(cd "my city" &&
  SUMO_HOME=$home netconvert -n "my net.nod.xml" -e "my net.edg.xml" -o "my net.net.xml" > /dev/null 2>&1)
cat > "my city/demand.rou.xml" <<'EOF'
<routes>
  <vType id="mine" sigma="0.3"/>
  <vType id="own_ev" emissionClass="Energy/unknown"><param key="maximumBatteryCapacity" value="44000"/></vType>
  <vType id="bike" vClass="bicycle"/>
  <route id="r" edges="ab bc"/>
  <vehicle id="ev" type="own_ev" route="r" depart="0"><param key="actualBatteryCapacity" value="12345"/></vehicle>
  <vehicle id="bike" type="bike" route="r" depart="1"/>
  <flow id="f" type="mine" route="r" begin="2" end="50" period="4" departLane="random"/>
</routes>
EOF
cat > "my city/my.sumocfg" <<'EOF'
<configuration>
  <input><net-file value="my net.net.xml"/><route-files value="demand.rou.xml"/></input>
  <time><begin value="0"/><end value="30"/><step-length value="0.5"/></time>
</configuration>
EOF
chmod -R a-w "my city"
own="my city/my.sumocfg"
"$tool" --scenario="$own" --duration=40 --seed=3 --out=own.trace > /dev/null
"$tool" --csv=own.trace > ../own.csv
check "a .sumocfg's own EV keeps battery and charge" \
  grep -q '^0.000,ev,own_ev,Energy/[a-z]*,.*,12345.0,44000$' ../own.csv
if grep -q ',bike,' ../own.csv; then fail "a bicycle is an EV"; fi
(cd / && "$tool" --scenario="$OLDPWD/$own" --duration=40 --seed=3 --out="$OLDPWD/own2.trace" > /dev/null)
check "from another folder: the same bytes" cmp own.trace own2.trace
"$tool" --scenario "$own" --ev-share 0.5 --duration 40 --out half.trace > /dev/null
check "--ev-share=0.5 leaves some out" [ "$(wc -c < half.trace)" -lt "$(wc -c < own.trace)" ]

cat > ../buildings.poly.xml <<'EOF'
<additional>
  <poly id="a" type="building" shape="0,50 40,50 40,80 0,80 0,50"/>
  <poly id="b" type="building.yes" shape="60,50 90,50 70,80"/>
  <poly id="park" type="landuse.grass" shape="0,100 40,100 40,120"/>
  <poly id="buildings" type="buildingsite" shape="0,100 40,100 40,120"/>
  <poly id="line" type="building" shape="0,150 40,150 0,150"/>
</additional>
EOF
cp -r "my city" ../town && chmod -R u+w ../town && mv ../buildings.poly.xml ../town/
sed -i 's|<route-files|<additional-files value="buildings.poly.xml"/><route-files|' ../town/my.sumocfg
"$tool" --scenario=../town/my.sumocfg --duration=40 --seed=3 --out=town.trace > /dev/null
check "two of five polygons are buildings: $(buildings town.trace)" [ "$(buildings town.trace)" = 2 ]
"$tool" --csv=town.trace > ../town.csv
check "buildings move no vehicle" cmp ../town.csv ../own.csv

# The same vehicles at the same times and places as SUMO's own output has them.
(cd "my city" &&
  SUMO_HOME=$home sumo -c my.sumocfg --seed 3 --end 41 --fcd-output ../../fcd.xml --no-step-log > /dev/null 2>&1)
awk -F, -v fcd=../fcd.xml '
function field(name,   rest) {
  if (!match($0, " " name "=\"[^\"]*")) return ""
  rest = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
  return rest
}
BEGIN {
  while ((getline < fcd) > 0) {
    if ($0 ~ /<timestep/) time = field("time")
    if ($0 ~ /<vehicle/ && field("type") != "bike" && time + 0 <= 40) {
      expect[sprintf("%.3f,%s", time, field("id"))] = field("x") " " field("y") " " field("speed")
      count++
    }
  }
}
FNR > 1 {
  key = $1 "," $2
  split(expect[key], e, " ")
  if (!(key in expect) || ($5 - e[1])^2 > 0.0005 || ($6 - e[2])^2 > 0.0005 || ($7 - e[3])^2 > 0.0005) bad++
  rows++
}
END {
  if (bad > 0 || rows != count || rows < 100) {
    print bad " bad of " rows ", " count " expected"
    exit 1
  }
}' ../own.csv ||
  fail "positions, speeds and times are SUMO's own"

echo "bad input"
refuse "no --out" "--out is missing" "$tool" --scenario=grid
refuse "unknown scenario" "--scenario=atlantis is unknown: choose bologna" "$tool" --scenario=atlantis --out=x.trace
refuse "missing .sumocfg" "no such file" "$tool" --scenario=nowhere/my.sumocfg --out=x.trace
refuse "unknown option" "no option --sped" "$tool" --sped=3 --out=x.trace
refuse "no option" "'grid' is no option" "$tool" grid --out=x.trace
refuse "an option without value" "needs a value" "$tool" --out
refuse "negative begin" "--begin=-3" "$tool" --begin=-3 --out=x.trace
refuse "negative duration" "--duration=-60 is out of range" "$tool" --duration=-60 --out=x.trace
refuse "duration that is no number" "--duration=long" "$tool" --duration=long --out=x.trace
refuse "NaN" "--step=nan" "$tool" --step=nan --out=x.trace
refuse "endless duration" "million steps" "$tool" --scenario="$own" --duration=1e6 --step=0.001 --out=x.trace
refuse "negative seed" "--seed=-1" "$tool" --seed=-1 --out=x.trace
refuse "no shards" "--shards=0" "$tool" --shards=0 --out=x.trace
refuse "share beyond 1" "--ev-share=1.5" "$tool" --ev-share=1.5 --out=x.trace
refuse "begin between steps" "between two steps of 0.5 s: choose 3" "$tool" --scenario="$own" --begin=3.2 --out=x.trace
refuse "no vehicle in the window" "no electric vehicle from 500 s" "$tool" --scenario="$own" --begin=500 --out=x.trace
refuse "no EV" "larger --ev-share" "$tool" --scenario="$own" --ev-share=0 --out=x.trace
refuse "missing output folder" "cannot write --out" "$tool" --scenario=grid --out=nowhere/x.trace
refuse "unwritable output folder" "cannot write --out" "$tool" --scenario=grid --out=/proc/x.trace
refuse "output is a folder" "is a folder" "$tool" --scenario=grid --out="my city"
refuse "SUMO not there" "no SUMO at SUMO_HOME=/nowhere" env SUMO_HOME=/nowhere "$tool" --out=x.trace
refuse "info of a missing trace" "cannot read the trace 'none.trace'" "$tool" --info=none.trace
refuse "csv of no trace" "it is no BAC trace" "$tool" --csv="$own"
head -c 5000 own.trace > torn.trace
refuse "torn trace" "'torn.trace': it is torn.*rebuild it with" "$tool" --info=torn.trace
rm torn.trace

mkdir bad
echo '<configuration><input><net-file value=' > bad/broken.sumocfg
echo '<configuration><input><net-fil value="x"/></input></configuration>' > bad/option.sumocfg
echo '<configuration><input><net-file value="none.net.xml"/></input></configuration>' > bad/nonet.sumocfg
head -c 900 "my city/my net.net.xml" > bad/torn.net.xml
echo '<configuration><input><net-file value="torn.net.xml"/></input></configuration>' > bad/tornnet.sumocfg
cp "my city/my net.net.xml" bad/good.net.xml
echo '<routes><vehicle id="a" depart="5"><route edges="ab nope"/></vehicle></routes>' > bad/route.rou.xml
cat > bad/route.sumocfg <<'EOF'
<configuration><input><net-file value="good.net.xml"/><route-files value="route.rou.xml"/></input></configuration>
EOF
echo '<configuration><input><net-file value="good.net.xml"/></input></configuration>' > bad/empty.sumocfg
: > bad/void.sumocfg
refuse "broken XML" "SUMO cannot run scenario.*broken.sumocfg'.*mend the scenario" \
  "$tool" --scenario=bad/broken.sumocfg --out=x.trace
refuse "unknown SUMO option" "net-fil" "$tool" --scenario=bad/option.sumocfg --out=x.trace
refuse "missing network" "none.net.xml" "$tool" --scenario=bad/nonet.sumocfg --out=x.trace
refuse "torn network" "torn.net.xml" "$tool" --scenario=bad/tornnet.sumocfg --out=x.trace
refuse "route over an unknown edge" "nope" "$tool" --scenario=bad/route.sumocfg --out=x.trace
refuse "no demand" "no electric vehicle" "$tool" --scenario=bad/empty.sumocfg --out=x.trace
refuse "empty configuration" "void" "$tool" --scenario=bad/void.sumocfg --out=x.trace

echo "interrupted"
find . | sort > ../before
cp own.trace keep.trace
"$tool" --scenario=grid --duration=3000 --out=own.trace > /dev/null 2>&1 &
pid=$!
sleep 1.5
kill -TERM $pid
status=0
wait $pid || status=$?
check "exit status of SIGTERM is $status" [ $status -eq 143 ]
check "an interrupted run leaves the old trace" cmp own.trace keep.trace
rm keep.trace
find . | sort > ../after
check "an interrupted run leaves nothing: $(diff ../before ../after)" cmp -s ../before ../after

[ $failures -eq 0 ] || { echo "$failures checks failed" >&2; exit 1; }
echo "all scenario checks passed"
