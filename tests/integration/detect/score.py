#!/usr/bin/env python3
"""Holds the incidents of `tocsin replay` against what the injector hid, over many seeds.

  score.py --tocsin FILE --config FILE [--seeds 200] [--first 1] [--jobs 2] [--only L3] [--without L3] [--classes L1,L3]
           [--partitions N] [-v]

Each seed gives one stream with attacks and one clean stream. An attack is found when an incident of its class in its loop cites
one of its events (or, where the attack is an absence, names its producer or target). Exit 0: every attack of the protocol classes
found, at least the stated share of the others, and no incident that nothing explains. --without runs with a detector switched
off and so must fail; --classes judges only these.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

import attacks
import inject

SHARE = {"L5": 0.8}          # statistical: least share of attacks that must be found; all others: every one


def incidents(args, folder, until):
    command = [args.tocsin, "replay", args.config, "--from", f"events={folder}/events.jsonl",
               "--table", f"registry={folder}/registry.jsonl", "--until", str(until)]
    if args.partitions:
        command += ["--partitions", str(args.partitions)]
    p = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if p.returncode:
        raise RuntimeError(f"replay ended with {p.returncode}: {p.stderr[-2000:]}")
    by_id = {}
    for line in p.stdout.splitlines():
        out = json.loads(line)
        if out["port"] == "dlq":
            raise RuntimeError(f"dead letter: {line[:500]}")
        if out["port"] == "incidents":
            v = out["value"]
            known = by_id.setdefault(v["id"], dict(v, cited=set(), states=[]))
            known["cited"] |= {e["event_id"] for e in v["evidence"]}
            known["states"].append(v["state"])
    return list(by_id.values())


def matches(attack, incident, cls=None):
    loops = set(attack.get("either", [])) | {attack["loop"]}
    if incident["class"] != (cls or attack["class"]) or not loops & ({incident["loop"]} | set(incident.get("related", []))):
        return False
    if incident["cited"] & set(attack["events"]):
        return True
    return (attack["producer"] and incident.get("producer") == attack["producer"]) or \
           (attack["target"] and incident.get("target") == attack["target"])


def explained(incident, truth):
    for a in truth:
        if matches(a, incident) or any(matches(a, incident, c) for c in a["also"]):
            return True
        # a side effect may cite other events: same loop, a class that the deed may raise
        loops = set(a.get("either", [])) | {a["loop"]}
        if incident["class"] in a["also"] and incident["loop"] in loops:
            return True
    return False


def one(args, seed, clean):
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, inject.__file__, "--seed", str(seed), "--out", folder, "--minutes", str(args.minutes)]
        command += ["--clean"] if clean else []
        command += ["--only", args.only] if args.only else []
        subprocess.run(command, check=True)
        truth = json.loads((pathlib.Path(folder) / "truth.json").read_text())
        found = incidents(args, folder, truth["until"])
    missed = [a for a in truth["attacks"] if not any(matches(a, i) for i in found)]
    extra = [i for i in found if not explained(i, truth["attacks"])]
    return seed, clean, truth["attacks"], missed, extra, truth["benign"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tocsin", required=True)
    p.add_argument("--config", required=True)
    p.add_argument("--seeds", type=int, default=200)
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--minutes", type=int, default=25)
    p.add_argument("--partitions", type=int)
    p.add_argument("--only")
    p.add_argument("--classes", help="judge only these classes")
    p.add_argument("-v", action="store_true")
    args = p.parse_args()
    judged = set(args.classes.split(",")) if args.classes else None
    hidden, lost, extras, broken = collections.Counter(), collections.Counter(), collections.Counter(), 0
    benign = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        runs = [pool.submit(one, args, seed, clean) for seed in range(args.first, args.first + args.seeds) for clean in (False, True)]
        for run in runs:
            try:
                seed, clean, all_, missed, extra, near = run.result()
            except Exception as e:  # noqa: BLE001: one broken seed must not hide the others
                broken += 1
                print(f"broken: {e}")
                continue
            benign += near
            hidden.update(a["class"] for a in all_)
            for a in missed:
                lost[a["class"]] += 1
                if args.v:
                    print(f"seed {seed}: missed {a['class']} in {a['loop']} {a['producer'] or a['target'] or ''} {a['events'][:2]}")
            for i in extra:
                if judged and i["class"] not in judged:
                    continue
                extras[i["class"]] += 1
                if args.v:
                    print(f"seed {seed}{' clean' if clean else ''}: nothing explains {i['class']} in {i['loop']}: {i['summary']}")
    bad = broken > 0
    for c in sorted(hidden, key=lambda c: int(c[1:])):
        if judged and c not in judged:
            continue
        share = 1 - lost[c] / hidden[c]
        verdict = share >= SHARE.get(c, 1)
        bad |= not verdict
        print(f"{c:4} {'protocol' if c in attacks.PROTOCOL else 'other':9} hidden {hidden[c]:5} found {hidden[c] - lost[c]:5} "
              f"{'ok' if verdict else 'MISSED'}")
    print(f"near-misses {benign}, unexplained incidents {sum(extras.values())} {dict(extras) or ''}")
    bad |= bool(extras)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
