#!/usr/bin/env python3
"""Breaks a real Kafka of three nodes and Tocsin's workers under load, and proves that nothing was lost, doubled or misplaced.

  scripts/chaos [--faults 60 | --minutes N] [--seed S] [--kinds LIST] [--ci | --alone] [--report FILE [--resume]]
  scripts/chaos --failpoints [N]      every named point of the turn, at each of its first N passes (20)

Two pipelines in a chain (stateless; then stateful with timers), two workers each, at 20,000 records/s. Faults are drawn from the
seed, alone and overlapping. A round ends when every partition gives out what was fed after the last of its faults was healed; after
every 25 faults, and at the end, the feed rests and the judge (tests/chaos/judge, Java, none of Tocsin's code) compares outputs, dead
letters, timers and the tables rebuilt from the changelog with what the input demands. The report is JSON lines; the last sums up.

Exit 0: all as it must be. 1: a record was lost, doubled or misplaced, or the chain did not come back. 2: the harness itself failed.
"""
import argparse
import itertools
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import deck
import faults
import figures
import sweep
from world import ROOT, World

STEP_MS = 2500            # in step again: no record waits longer than this
BACK_S = 120              # the chain must be in step again within this after the last fault of a round has ended
EACH = 25                 # faults between two barriers
PROBE_S = 0.05


class Broken(Exception):
    """Tocsin did what it must not."""


class Report:
    def __init__(self, path):
        self.file = open(path, "a") if path else None
        self.lines = []

    def __call__(self, **kw):
        line = json.dumps(kw)
        print(line, flush=True)
        self.lines.append(kw)
        if self.file:
            self.file.write(line + "\n")
            self.file.flush()


def look(w):
    s = w.judge("status")
    if s["errors"] or s["wrong"]:
        raise Broken(f"the judge says: {s['errors'][:5]}")
    return s


def balance(w):
    """in = processed + skipped + dead + late, for every worker; a look may fall between two of the counts."""
    for again in range(20):
        odd = [x for x in w.workers() if x["in"] != x["processed"] + x["skipped"] + x["dead"] + x["late"]]
        if not odd:
            return
        time.sleep(0.1)
    raise Broken("a worker's account does not balance: " + json.dumps({k: odd[0][k] for k in (
        "pipeline", "ordinal", "in", "processed", "skipped", "dead", "late")}))


class Stroke:
    """One fault as it is done. Marks: 2n when it strikes, 2n + 1 when it is healed; the judge says when each has been served."""
    def __init__(self, w, name, n, seed, begins):
        self.w, self.name, self.n, self.state = w, name, n, "waits"
        self.due, self.g = time.monotonic() + begins, faults.NAMED[name](w, seed)

    def go_on(self):
        first = self.state == "waits"
        if first:
            self.w.judge(f"mark {2 * self.n}")
            self.state, self.began = "done", time.monotonic()
        try:
            wait = next(self.g)
            if wait == faults.HARM:
                self.w.judge(f"mark {2 * self.n}")
                self.began, wait = time.monotonic(), next(self.g)
            self.due = time.monotonic() + wait
        except StopIteration:
            self.w.judge(f"mark {2 * self.n + 1}")
            self.lasted, self.due = time.monotonic() - self.began, None
        except (faults.Absent, faults.Missed) as e:
            self.state, self.due, self.lasted = type(e).__name__, None, 0


def play(w, strokes):
    """Until all have ended and all marks have been served."""
    since = time.monotonic()
    while True:
        w.init()
        for s in strokes:
            if s.due is not None and s.due <= time.monotonic():
                s.go_on()
                since = time.monotonic()
        now = look(w)
        done = [s for s in strokes if s.state == "done"]
        if all(s.due is None for s in strokes) and now["oldest_ms"] < STEP_MS and all(
                now["marks"].get(str(m), -1) >= 0 for s in done for m in (2 * s.n, 2 * s.n + 1)):
            return now, done
        if time.monotonic() - since > BACK_S:
            raise Broken(f"after {[s.name for s in done]} the chain is not in step again within {BACK_S} s: {now}")
        time.sleep(PROBE_S)


def in_step(w, what):
    end = time.monotonic() + BACK_S
    w.judge("unmark")
    w.judge("mark 0")
    while not (s := look(w))["marks"]["0"] >= 0 or s["oldest_ms"] >= STEP_MS:
        w.init()
        if time.monotonic() > end:
            raise Broken(f"after {what} the chain is not in step within {BACK_S} s: {s}")
        time.sleep(PROBE_S)


def barrier(w, report, n):
    for k in ("crash", "hang", "leak", "retry", "lost"):
        w.trouble(k, 0)
    s = w.judge("barrier 120")
    report(event="barrier", faults=n, **{k: s[k] for k in ("ok", "fed", "skipped", "out", "dead", "ticks", "alarms", "wrong", "drain_ms")})
    if not s["ok"]:
        raise Broken(f"at the barrier after {n} faults: {s['errors'][:20]}, tables read: {s['tables_read']}")
    w.judge("go")
    in_step(w, "a barrier")


def chaos(w, args, report):
    kinds = [k for k in faults.NAMED if not args.kinds or k in args.kinds.split(",")]
    absent, missed, n, at = set(), 0, args.first, time.monotonic()
    end = at + args.minutes * 60 if args.minutes else None
    w.judge("go")
    in_step(w, "the start")
    barrier(w, report, n)
    for i, names in itertools.islice(enumerate(deck.rounds(args.seed, kinds, args.ci, args.alone)), args.round, None):
        if (time.monotonic() > end) if end else (n >= args.faults):
            break
        r = random.Random(f"{args.seed}/{i}")
        w.judge("unmark")
        w.judge("forget")
        strokes = [Stroke(w, name, k, random.Random(f"{args.seed}/{i}/{name}"), b) for k, (name, b) in enumerate(zip(names, deck.begins(names, r)))]
        s, done = play(w, strokes)
        absent |= {x.name for x in strokes if x.state == "Absent"}
        missed += sum(x.state == "Missed" for x in strokes)
        before, n = n, n + len(done)
        for x in done:
            report(event="fault", n=before + done.index(x), round=i, kind=x.name, with_=len(done) - 1, lasted_s=round(x.lasted, 2),
                   served_s=s["marks"][str(2 * x.n)] / 1000, back_s=s["marks"][str(2 * x.n + 1)] / 1000, p50_ms=s["p50_ms"], p99_ms=s["p99_ms"])
        balance(w)
        if n // EACH != before // EACH:
            barrier(w, report, n)
    barrier(w, report, n)
    s = look(w)
    report(event="end", ok=True, seed=args.seed, faults=n - args.first, missed=missed, left_out=sorted(absent), minutes=round((time.monotonic() - at) / 60, 1),
           fed=s["fed"], out=s["out"], skipped=s["skipped"], dead=s["dead"], ticks=s["ticks"], alarms=s["alarms"], lost_doubled_misplaced=s["wrong"])


def resumed(args):
    """Where the last run of this report ended."""
    lines = figures.read(args.report)
    begin = [x for x in lines if x["event"] == "begin"][-1]
    done = [x for x in lines if x["event"] == "fault"]
    args.seed, args.commit_then = begin["seed"], begin["commit"]
    args.round, args.first = (done[-1]["round"] + 1, done[-1]["n"] + 1) if done else (0, 0)


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tocsin", default=str(ROOT / "build/runtime/bin/tocsin"))
    p.add_argument("--plugins", default=str(ROOT / "build/tests/chaos"))
    p.add_argument("--faults", type=int, default=60, help="how many")
    p.add_argument("--minutes", type=float, help="instead of a number of faults")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    p.add_argument("--kinds", help="only these, with commas: " + ", ".join(faults.NAMED))
    p.add_argument("--alone", action="store_true", help="one after the other, to see how long each is felt")
    p.add_argument("--ci", action="store_true", help="a short sample: all overlap, at 10,000 records a second")
    p.add_argument("--failpoints", type=int, nargs="?", const=20, help="instead: every named point of the turn, at its first N passes")
    p.add_argument("--rate", type=int, help="records a second; 20000")
    p.add_argument("--keys", type=int, default=2000)
    p.add_argument("--port", type=int, default=21000)
    p.add_argument("--folder", help="where everything lies, and stays; default: a temporary folder")
    p.add_argument("--report", help="append the lines of the report here")
    p.add_argument("--resume", action="store_true", help="go on behind the last round of --report, with its seed")
    p.add_argument("--sum", action="store_true", help="run nothing: the figures of --report, as Markdown")
    args = p.parse_args()
    args.round = args.first = 0
    args.rate = args.rate or (5000 if args.failpoints else 10000 if args.ci else 20000)
    for k in (args.kinds or "").split(","):
        if k and k not in faults.NAMED:
            p.error(f"no fault is called {k}; there are: {', '.join(faults.NAMED)}")
    if (args.resume or args.sum) and not args.report:
        p.error("which --report?")
    return args


def main():
    args = arguments()
    if args.sum:
        print(figures.markdown(args.report))
        return 0
    if args.resume:
        resumed(args)
    folder = pathlib.Path(args.folder or tempfile.mkdtemp(prefix="tocsin-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    report = Report(args.report)
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    report(event="begin", seed=args.seed, first=args.first, round=args.round, commit=commit, rate=args.rate, keys=args.keys, ci=args.ci)
    if args.resume and commit != args.commit_then:
        print(f"note: that run was of commit {args.commit_then}, this is {commit}", file=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    w = World(folder, args.tocsin, args.plugins, args.port)
    exit = 2
    try:
        w.begin(args.keys, args.rate, args.seed)
        if args.failpoints:
            sweep.run(w, args, report, barrier, in_step, look)
        else:
            chaos(w, args, report)
        exit = 0
    except Broken as e:
        for h in w.hosts:
            for worker in h.workers_now():
                report(event="worker", host=h.name, **{k: worker[k] for k in worker if not k.endswith("_at_most")})
        report(event="end", ok=False, seed=args.seed, error=str(e))
        exit = 1
    finally:
        report(event="log", **figures.events(folder))
        w.end()
        if exit == 0 and not args.folder:
            shutil.rmtree(folder, ignore_errors=True)
        elif exit:
            print(f"what was left to look at lies in {folder}", file=sys.stderr)
    return exit


if __name__ == "__main__":
    sys.exit(main())
