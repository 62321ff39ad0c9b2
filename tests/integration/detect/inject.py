#!/usr/bin/env python3
"""Makes a stream of closed-loop events with attacks at random places, and says what it hid.

  inject.py --seed N --out DIR [--clean] [--minutes M] [--attacks N] [--only L3,l4_drop] [--in-time]

Writes DIR/events.jsonl (lines for `tocsin replay --from`), DIR/registry.jsonl (for --table registry=…) and DIR/truth.json.
The same seed gives the same bytes. Benign near-misses are as many as attacks, in clean streams too. --only: classes or single
attacks; --in-time: nothing that by design comes later than a stream processor waits for.
"""
import argparse
import json
import pathlib
import random

import attacks
import benign
from world import World


def stage(w, what, add):
    """One of them, at a place that fits."""
    for f in w.random.sample(what, len(what)):
        for _ in range(25):
            got = f(w)
            if got:
                add(f.__name__, got)
                return


def chosen(functions, only, in_time):
    return [f for f in functions if not (in_time and getattr(f, "late", False)) and
            (not only or f.__name__ in only or attacks.class_of(f.__name__) in only)]


def make(seed, clean=False, minutes=25, n=6, only=None, in_time=False):
    r = random.Random(seed)
    w = World(r, seed, minutes)
    w.traffic()
    for _ in range(n):
        stage(w, chosen(benign.ALL, None, in_time), lambda name, got: w.benign.append(name))
    staged, wire = (chosen(some, only, in_time) for some in (attacks.STAGED, attacks.WIRE))
    n_wire = 0 if clean else sum(r.random() * len(staged + wire) < len(wire) for _ in range(n))
    add = lambda name, got: w.truth.append(dict(got, attack=name))  # noqa: E731
    for _ in range(0 if clean else n - n_wire):
        stage(w, staged, add)
    w.number()
    for _ in range(n_wire):
        stage(w, wire, add)
    for s in w.sent:   # a copy is a copy of what was sent in the end
        if s.source:
            s.value = json.loads(json.dumps(s.source.value))
    return w


def write(w, folder):
    out = pathlib.Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "events.jsonl", "w") as f:
        for s in sorted(w.sent, key=lambda s: (s.arrival, s.value["id"])):
            f.write(json.dumps({"key": s.value["loop"], "time_us": s.arrival, "value": s.value}) + "\n")
    with open(out / "registry.jsonl", "w") as f:
        for loop in w.loops:
            f.write(json.dumps({"key": loop.id, "value": loop.entry()}) + "\n")
    truth = {"seed": w.seed, "until": w.end, "benign": w.benign, "attacks": w.truth}
    (out / "truth.json").write_text(json.dumps(truth, indent=1))
    return truth


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seed", type=int, required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--clean", action="store_true")
    p.add_argument("--minutes", type=int, default=25)
    p.add_argument("--attacks", type=int, default=6)
    p.add_argument("--only", help="classes or attacks, separated by commas")
    p.add_argument("--in-time", action="store_true")
    a = p.parse_args()
    if a.minutes < 20:
        p.error("--minutes: at least 20, or some attacks have no place")
    write(make(a.seed, a.clean, a.minutes, a.attacks, a.only and set(a.only.split(",")), a.in_time), a.out)


if __name__ == "__main__":
    main()
