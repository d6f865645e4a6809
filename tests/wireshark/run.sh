#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Reads captures of whole runs back with tshark: WSMP as Wireshark knows it, and every field by tools/wireshark/bac.lua; nothing malformed.
# Usage: run.sh BAC_COMPARE
set -eu
compare=${1:?usage: run.sh BAC_COMPARE}
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAIL: wireshark: $*" >&2
  exit 1
}
shark() { HOME=$work tshark "$@" 2>> "$work/stderr"; }

# Every message of the wire has a name in the dissector.
types=$(sed -n '/^enum bac_msg_type/,/^};/s/^  BAC_MSG_\([A-Z_]*\)[ ,].*/\1/p' bac-core/src/wire/message.h | grep -vxE 'FIRST_FREE|TYPE_MAX')
[ "$(echo "$types" | wc -l)" -ge 15 ] || fail "no message types in message.h"
for type in $types; do grep -q "\"$type\"" tools/wireshark/bac.lua || fail "tools/wireshark/bac.lua does not name $type"; done

"$compare" --protocols=pbft,bac,bac2,hashgraph --delivery=broadcast --scenario=highway --evs=20 --shards=4 --time=6s --seeds=1 --epoch=3 \
  --block-bytes=20000 --tx-rate=5 --pcap --out="$work/out" > "$work/log" 2>&1 || { cat "$work/log" >&2; fail "bac-compare --pcap"; }
for protocol in pbft bac bac2 hashgraph; do
  [ "$(ls "$work/out/pcap/$protocol-"*.pcap | wc -l)" = 4 ] || fail "not one capture of $protocol for each shard"
  file=$(ls "$work/out/pcap/$protocol-"*-shard0-*.pcap)
  shark -X lua_script:tools/wireshark/bac.lua -r "$file" -Y bac -T fields -e wsmp.psid -e bac.frame -e bac.transmitter -e _ws.col.Info > "$work/$protocol"
  # Frames that the radio itself could not decode are in no capture; what is there must be whole.
  if shark -X lua_script:tools/wireshark/bac.lua -r "$file" -Y '_ws.malformed or bac.torn or wsmp.length_field_err or _ws.lua.error' -c 1000 | grep .; then
    fail "$file: malformed"
  fi
  [ -s "$work/$protocol" ] || fail "no frame of bac in the captures of $protocol"
  awk -F '\t' '$1 == "" || $2 == "" || $3 == "" || $4 == "" { exit 1 }' "$work/$protocol" || fail "$protocol: a frame without WSMP's or bac's fields"
done
grep -q 'pbft PRE_PREPARE of' "$work/pbft" || grep -q '^.*symbol of an object' "$work/pbft" || fail "no proposal of pbft"
for want in 'pbft PREPARE of [0-9]*, height [1-9]' 'pbft COMMIT of' 'transaction of' 'any CLOSE of'; do grep -q "$want" "$work/pbft" || fail "pbft: no '$want'"; done
grep -qE 'bac (CS_CONSENSUS|CP_VALIDATE) of' "$work/bac" || fail "bac: no vote" # of five members four are CPs
grep -q 'bac2 COMMITTEE_VOTE of' "$work/bac2" || fail "bac2: no COMMITTEE_VOTE"
grep -q 'hashgraph events' "$work/hashgraph" || fail "hashgraph: no events"
echo "PASS: wireshark: $(cat "$work/pbft" "$work/bac" "$work/bac2" "$work/hashgraph" | wc -l) frames read back"
