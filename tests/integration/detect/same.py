#!/usr/bin/env python3
"""One partition or eight: after everything has drained, the incidents are the same.

  same.py --tocsin FILE --config FILE [--seeds 20]

Compares the set of (class, loops, evidence, first and last time, final state), not the order of emission. The promise holds for
events within the allowed lateness, so the attacks that come later than that by design (L3) are left out.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import inject
import score

CLASSES = "L1,L4,L5,L8,L9,L10,L11,L14,L15"


def final(args, folder, partitions):
    args.partitions = partitions
    return {(i["id"], i["class"], i["loop"], tuple(i.get("related", [])), frozenset(i["cited"]), i["states"][-1])
            for i in score.incidents(args, folder, args.until)}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tocsin", required=True)
    p.add_argument("--config", required=True)
    p.add_argument("--seeds", type=int, default=20)
    args = p.parse_args()
    total, differ = 0, 0
    for seed in range(1000, 1000 + args.seeds):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, inject.__file__, "--seed", str(seed), "--out", folder, "--only", CLASSES], check=True)
            args.until = score.json.loads((pathlib.Path(folder) / "truth.json").read_text())["until"]
            one, eight = final(args, folder, 1), final(args, folder, 8)
        total += len(one)
        for i in sorted(one ^ eight, key=str):
            differ += 1
            print(f"seed {seed}: only with {'one partition' if i in one else 'eight'}: {i}")
    print(f"{total} incidents over {args.seeds} seeds, {differ} differ between one partition and eight")
    return 1 if differ or not total else 0


if __name__ == "__main__":
    sys.exit(main())
