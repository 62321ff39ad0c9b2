#!/usr/bin/env python3
"""Makes a stream of closed-loop events with attacks at random places, and says what it hid.

  inject.py --seed N --out DIR [--clean] [--minutes M] [--attacks N] [--only L3,L4]

Writes DIR/events.jsonl (lines for `tocsin replay --from`), DIR/registry.jsonl (for --table registry=…) and DIR/truth.json.
The same seed gives the same bytes. Benign near-misses are as many as attacks, in clean streams too.
"""
import argparse
import json
import pathlib
import random

import attacks
import benign
from world import World


def stage(w, what, n, add):
    done, tries = 0, 0
    while done < n and tries < 40 * n + 40:
        tries += 1
        got = w.random.choice(what)(w)
        if got:
            add(got)
            done += 1


def chosen(functions, only):
    return [f for f in functions if not only or f.__name__.split("_")[0].upper() in only]


def make(seed, clean=False, minutes=25, n=6, only=None):
    r = random.Random(seed)
    w = World(r, seed, minutes)
    w.traffic()
    stage(w, benign.ALL, n, lambda got: w.benign.append(1))
    if not clean:
        n_wire = sum(1 for _ in range(n) if r.random() < len(attacks.WIRE) / len(attacks.WIRE + attacks.STAGED))
        staged, wire = chosen(attacks.STAGED, only), chosen(attacks.WIRE, only)
        n_wire = n if not staged else 0 if not wire else n_wire
        if staged:
            stage(w, staged, n - n_wire, w.truth.append)
    w.number()
    for s in w.sent:   # a resend repeats the numbers of what it resends
        if hasattr(s, "source"):
            s.value = json.loads(json.dumps(s.source.value))
    if not clean and wire:
        stage(w, wire, n_wire, w.truth.append)
        for s in w.sent:
            if s.number and s.producer.numbered and s.value["producer"]["sequence"] is None:
                s.value["producer"]["sequence"] = 0
    return w


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seed", type=int, required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--clean", action="store_true")
    p.add_argument("--minutes", type=int, default=25)
    p.add_argument("--attacks", type=int, default=6)
    p.add_argument("--only", help="classes, separated by commas")
    a = p.parse_args()
    if a.minutes < 20:
        p.error("--minutes: at least 20, or some attacks have no place")
    w = make(a.seed, a.clean, a.minutes, a.attacks, a.only and set(a.only.split(",")))
    out = pathlib.Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "events.jsonl", "w") as f:
        for s in sorted(w.sent, key=lambda s: (s.arrival, s.value["id"])):
            f.write(json.dumps({"key": s.value["loop"], "time_us": s.arrival, "value": s.value}) + "\n")
    with open(out / "registry.jsonl", "w") as f:
        for loop in w.loops:
            f.write(json.dumps({"key": loop.id, "value": loop.entry()}) + "\n")
    (out / "truth.json").write_text(json.dumps({"seed": a.seed, "until": w.end, "benign": len(w.benign), "attacks": w.truth}, indent=1))


if __name__ == "__main__":
    main()
