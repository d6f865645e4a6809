#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Layers of the core include downwards only, and engines never include each other (the house rule of doc/architecture.md).
set -eu
cd "$(dirname "$0")/.."
python3 - <<'PY'
import pathlib, re, sys
level = {"bac": 0, "base": 0, "crypto": 1, "wire": 1, "link": 2, "identity": 2, "ledger": 3, "election": 3, "trace": 3,
         "consensus": 4, "market": 4, "shard": 4, "node": 5}
# Files of an engine start with its name; these are shared parts.
shared = {"env.h", "qc.h", "tc.h", "gossip.h", "hashgraph.h", "microblock.h"}
bad = []
root = pathlib.Path("bac-core/src")
files = sorted(root.rglob("*.[ch]"))
if len(files) < 20:
    sys.exit("layers: only %d files found under %s: is this the project's root?" % (len(files), root))
for path in files:
    room = path.relative_to(root).parts[0]
    for target in re.findall(r'^#include "([a-z_]+/[a-z0-9_/]+\.h)"', path.read_text(), re.M):
        other = target.split("/")[0]
        if other not in level:
            bad.append("%s includes %s: unknown room" % (path, target))
        elif level[other] > level[room]:
            bad.append("%s includes %s: upwards" % (path, target))
        elif room == other == "consensus" and pathlib.Path(target).name not in shared:
            engine = pathlib.Path(target).stem.split("_")[0]
            if path.stem.split("_")[0] != engine:
                bad.append("%s includes %s: another engine's" % (path, target))
    if re.search(r'#include <(time|pthread|threads|math)\.h>', path.read_text()) and room not in ("link", "trace"):
        bad.append("%s includes a clock, threads or floating point" % path)
print("\n".join(bad) if bad else "layers: %d files, no include points upwards" % len(files))
sys.exit(1 if bad else 0)
PY
