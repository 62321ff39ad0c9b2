"""scripts/bench: Tocsin beside Kafka Streams and a bare librdkafka loop, on one broker, in one interleaved run. See README.md here."""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import figures
from arena import HERE, ROOT, Arena, Refused, say
from contests import Checker, Growth, Keys, Memory, Shapes, Steady
from contests_live import Idle, Latency, Poison, Recovery

ALL = [Checker, Steady, Memory, Latency, Recovery, Growth, Keys, Shapes, Poison, Idle]


def options():
    p = argparse.ArgumentParser(prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
                                description="Measures Tocsin beside Kafka Streams and a bare librdkafka loop on one real Kafka.",
                                epilog="contests:\n" + "\n".join(f"  {c.name:10} {c.title}" for c in ALL))
    p.add_argument("--only", metavar="LIST", help="some contests, by name, with commas")
    p.add_argument("--quick", action="store_true", help="small numbers and one round: does it work, not how fast is it")
    p.add_argument("--records", type=int, metavar="N", help="events of a backlog; 2500000, quick 400000")
    p.add_argument("--rounds", type=int, metavar="N", help="repeats, interleaved; 3, quick 1")
    p.add_argument("--rate", type=int, default=20_000, metavar="N", help="events/s of latency and recovery; 20000")
    p.add_argument("--json", action="store_true", help="JSON lines to stdout, one a run, instead of Markdown")
    p.add_argument("--anyway", action="store_true", help="on a busy machine, too")
    p.add_argument("--port", type=int, default=23092, help="of the broker; a hundred from it on are used")
    p.add_argument("--cpus", default="0,1", metavar="A,B", help="core of the broker and the load, core of the contestant; 0,1")
    p.add_argument("--results", metavar="FILE", help="every run as a JSON line; bench-results.jsonl in the build folder")
    p.add_argument("--work", metavar="FOLDER", help="scratch for the broker's data and the contestants' logs; in its folder bench-work, which is emptied")
    o = p.parse_args()
    o.records = o.records or (400_000 if o.quick else 2_500_000)
    o.rounds = o.rounds or (1 if o.quick else 3)
    o.warm_s, o.open_s = (6, 4) if o.quick else (7, 10)
    o.poison = 20_000 if o.quick else 100_000
    known = {c.name: c for c in ALL}
    names = o.only.split(",") if o.only else [n for n in known if n != "memory"]      # steady's runs show the memory, too
    for n in names:
        if n not in known:
            p.error(f"there is no contest {n}; there are {', '.join(known)}")
    o.contests = [known[n](o) for n in names]
    if os.cpu_count() < 2:
        p.error("two cores are needed: one for the broker, one for the contestant")
    if o.records < 200_000:
        p.error("fewer than 200000 records tell nothing: that is a second or two")
    return o


def classes(arena):
    """The Java peer; its jars are fetched by scripts/bench."""
    subprocess.run(["javac", "-nowarn", "-d", arena.work / "classes", "-cp", os.environ["BENCH_STREAMS"] + "/*",
                    *(HERE / "peers/streams").glob("*.java")], check=True)


def machine():
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "unknown")
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    return f"{os.cpu_count()} cores, {model}, Linux {os.uname().release}, commit {commit or 'unknown'}, {time.strftime('%Y-%m-%d')}"


def compete(o, arena, out):
    """Every contest in turn; what one of them refuses does not keep the others from their figures."""
    tables, refused = [], []
    for i, contest in enumerate(o.contests):
        say(f"[{i + 1}/{len(o.contests)}] {contest.name}: {contest.title}; about {contest.seconds() / 60:.1f} min")
        began, rows = time.monotonic(), []
        try:
            for row in contest.rows(arena):
                rows.append(row)
                line = json.dumps(dict(contest=contest.name, **row))
                print(line, file=out, flush=True)
                if o.json:
                    print(line, flush=True)
            contest.judge(rows)
        except Refused as e:
            refused.append(contest.name)
            say(f"  REFUSED: {e}")
        if rows:
            tables.append(f"### {contest.title}\n\n{contest.markdown(rows)}\n")
        say(f"  done in {(time.monotonic() - began) / 60:.1f} min")
    return tables, refused


def main():
    o = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))      # the broker and the contestants end with it
    total = sum(c.seconds() for c in o.contests)
    say(f"{len(o.contests)} contests, about {total / 60:.0f} min; the contestants on core {o.cpus.split(',')[1]}, the rest on core {o.cpus.split(',')[0]}")
    build = pathlib.Path(os.environ.get("BENCH_BUILD", ROOT / "build"))
    work = pathlib.Path(o.work or tempfile.mkdtemp(prefix="tocsin-bench-")) / "bench-work"      # emptied: nobody else's
    results = o.results or build / "bench-results.jsonl"
    with open(results, "w") as out, Arena(build, work, o.port, o.cpus.split(",")) as arena:
        print(json.dumps(dict(machine=machine(), records=o.records, rounds=o.rounds, quick=o.quick, load=os.environ.get("BENCH_LOAD"))), file=out)
        classes(arena)
        tables, refused = compete(o, arena, out)
    if not o.json:
        print(f"{machine()}; {o.records} records, {o.rounds} rounds\n")
        print("\n".join(tables))
        if figures.TARGETS:
            print(f"### Targets\n\n{figures.targets()}")
    say(f"every run as a JSON line: {results}" + (f"; refused: {', '.join(refused)}" if refused else ""))
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
