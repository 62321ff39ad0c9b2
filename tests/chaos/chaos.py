#!/usr/bin/env python3
"""Breaks a real Kafka of three nodes and Tocsin's workers under load, and proves that nothing was lost, doubled or misplaced.

  scripts/chaos [--faults 60] [--minutes N] [--seed S] [--kinds LIST] [--resume FILE]

Two pipelines in a chain (stateless; then stateful with timers), two workers each, at 20,000 records/s. Faults are drawn from the
seed, alone and overlapping. After each the harness waits until the chain is in step again and notes how long that took; after every
tenth, and at the end, the feed rests and the judge (tests/chaos/judge, Java, none of Tocsin's code) compares outputs, dead letters,
timers and the tables rebuilt from the changelog with what the input demands. The report is JSON lines; the last line sums up.

Exit 0: all as it must be. 1: a record was lost, doubled or misplaced, or the chain did not come back. 2: the harness itself failed.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import faults
from world import ROOT, World

STEP_MS = 1500            # in step again: no record waits longer than this
BACK_S = 120              # the chain must be in step again within this after a fault has ended
EACH = 10                 # faults between two barriers
PROBE_S = 0.1
STEADY = 15               # looks in a row


class Broken(Exception):
    """Tocsin did what it must not."""


def log(report, **kw):
    line = json.dumps(kw)
    print(line, flush=True)
    if report:
        report.write(line + "\n")
        report.flush()


def in_step(w):
    s = w.judge("status")
    if s["errors"] or s["wrong"]:
        raise Broken(f"the judge says: {s['errors'][:5]}")
    return s["oldest_ms"] < STEP_MS, s


def recover(w, what, since):
    """Seconds from `since` until the chain was in step and stayed so."""
    end = time.monotonic() + BACK_S
    steady = 0
    while True:
        w.init()
        ok, s = in_step(w)
        steady = steady + 1 if ok and s["ms"] - s["last_out_ms"] < STEP_MS else 0
        if steady >= STEADY:
            return max(0, time.monotonic() - since - STEADY * PROBE_S), s
        if time.monotonic() > end:
            raise Broken(f"after {what} the chain is not in step again within {BACK_S} s: {s}")
        time.sleep(PROBE_S)


def play(w, running):
    """Advances the faults that run together until all have ended."""
    due = [(time.monotonic(), g) for g in running]
    while due:
        w.init()
        now, again = time.monotonic(), []
        for at, g in due:
            if at > now:
                again.append((at, g))
                continue
            try:
                again.append((now + next(g), g))
            except StopIteration:
                pass
        due = again
        in_step(w)
        time.sleep(0.05)


def barrier(w, report, n):
    for k in ("crash", "hang", "leak", "retry", "lost"):
        w.trouble(k, 0)
    s = w.judge("barrier 120")
    log(report, event="barrier", faults=n, **{k: s[k] for k in ("ok", "fed", "skipped", "out", "dead", "ticks", "alarms", "wrong", "drain_ms", "p50_ms", "p99_ms")})
    if not s["ok"]:
        raise Broken(f"at the barrier after {n} faults: {s['errors'][:20]}, tables read: {s['tables_read']}")
    w.judge("forget")
    w.judge("go")
    recover(w, "a barrier", time.monotonic())


def chaos(w, args, report):
    kinds = [f for f in faults.NAMED if not args.kinds or f.__name__ in args.kinds.split(",")]
    left_out, times = set(), collections.defaultdict(list)
    end = time.monotonic() + args.minutes * 60 if args.minutes else None
    n = args.first
    w.judge("go")
    recover(w, "the start", time.monotonic())
    barrier(w, report, n)
    while (time.monotonic() < end) if end else (n < args.faults):
        r = random.Random(f"{args.seed}/{n}")
        if not w.judge("whole")["ok"]:
            faults.until(lambda: w.judge("whole")["ok"], 120, "the cluster is not whole")
        chosen = [r.choice(kinds) for _ in range(r.choice([1, 1, 1, 2, 2, 3]))]
        running = [(f.__name__, f(w, r)) for f in dict.fromkeys(chosen)]
        since, names, ready = time.monotonic(), [], []
        for name, g in running:
            try:
                first = next(g)
            except StopIteration:
                left_out.add(name)
                continue
            names.append(name)
            ready.append(hold(first, g))
        if not names:
            n += 1
            continue
        play(w, ready)
        took, s = recover(w, names, since)
        n += len(names)
        for name in names:
            times[name].append(took)
        log(report, event="fault", index=n, kinds=names, in_step_s=round(took, 2), fed=s["fed"], out=s["out"])
        if n // EACH != (n - len(names)) // EACH:
            barrier(w, report, n)
    barrier(w, report, n)
    for name in sorted(times):
        t = sorted(times[name])
        log(report, event="kind", kind=name, times=len(t), in_step_s={"min": round(t[0], 2), "median": round(statistics.median(t), 2),
                                                                      "max": round(t[-1], 2)})
    s = w.judge("status")
    log(report, event="end", ok=True, faults=n - args.first, seed=args.seed, left_out=sorted(left_out), fed=s["fed"], out=s["out"], dead=s["dead"],
        supervisors_restarted=sum(h.deaths for h in w.hosts))


def hold(first, g):
    yield first
    yield from g


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tocsin", default=str(ROOT / "build/runtime/bin/tocsin"))
    p.add_argument("--plugins", default=str(ROOT / "build/tests/chaos"))
    p.add_argument("--faults", type=int, default=60, help="how many")
    p.add_argument("--first", type=int, default=0, help="index of the first fault: goes on where another run ended")
    p.add_argument("--minutes", type=float, help="instead of a number of faults")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    p.add_argument("--kinds", help="only these, with commas: " + ", ".join(f.__name__ for f in faults.NAMED))
    p.add_argument("--rate", type=int, default=20000)
    p.add_argument("--keys", type=int, default=2000)
    p.add_argument("--port", type=int, default=31292)
    p.add_argument("--folder", help="where everything lies, and stays; default: a temporary folder")
    p.add_argument("--report", help="append the lines of the report here")
    args = p.parse_args()
    folder = pathlib.Path(args.folder or tempfile.mkdtemp(prefix="tocsin-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    report = open(args.report, "a") if args.report else None
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    log(report, event="begin", seed=args.seed, first=args.first, commit=commit, rate=args.rate, keys=args.keys, folder=str(folder))
    w = World(folder, args.tocsin, args.plugins, args.port)
    w.ill = set()
    exit = 2
    try:
        w.begin(args.keys, args.rate, args.seed)
        chaos(w, args, report)
        exit = 0
    except Broken as e:
        for h in w.hosts:
            for worker in h.workers_now():
                log(report, event="worker", host=h.name, **{k: worker[k] for k in worker if not k.endswith("_at_most")})
        log(report, event="end", ok=False, seed=args.seed, error=str(e), folder=str(folder))
        exit = 1
    finally:
        w.end()
        if exit == 0 and not args.folder:
            shutil.rmtree(folder, ignore_errors=True)
        elif exit:
            print(f"what was left to look at lies in {folder}", file=sys.stderr)
    return exit


if __name__ == "__main__":
    sys.exit(main())
