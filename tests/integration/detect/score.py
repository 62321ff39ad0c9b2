#!/usr/bin/env python3
"""Holds the incidents of `tocsin replay` against what the injector hid, over many seeds.

  score.py --tocsin FILE --config FILE [--seeds 200] [--first 1] [--jobs 2] [--only L3,l4_drop] [--classes L1,L3] [--partitions N] [-v]

Each seed gives one stream with attacks and one clean stream. An attack is found when an incident of its class in its loop cites
one of its events. An incident is explained by attacks of its class, or that may raise it, in its loop, of which it cites an event
or names the component or target; and all it cites must lie within their time, half a minute more on either side.
Exit 0: of each attack of a protocol class every one found, of each other one at least the stated share, no incident that nothing
explains, each attack hidden at least once, and no fewer near-misses than attacks. --classes judges only these.
"""
import argparse
import collections
import concurrent.futures
import json
import subprocess
import sys
import tempfile

import attacks
import inject

SHARE = {"l5_jump": 0.9, "l5_frozen": 0.9, "l5_shift": 0.8}    # statistical: least share that must be found; all others: every one


def incidents(args, folder, until):
    command = getattr(args, "command", None) or [args.tocsin, "replay", args.config]
    command = command + ["--from", f"events={folder}/events.jsonl", "--table", f"registry={folder}/registry.jsonl", "--until", str(until)]
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
            known = by_id.setdefault(v["id"], dict(v, cited={}, states=[]))
            known["cited"].update((e["event_id"], e["event_time"]) for e in v["evidence"])
            known["states"].append(v["state"])
            known["last"] = v
    return list(by_id.values())


def about(attack, incident, classes):
    loops = set(attack["either"]) | {attack["loop"]}
    return incident["class"] in classes and loops & ({incident["loop"]} | set(incident.get("related", [])))


def finds(incident, attack):
    return about(attack, incident, {attack["class"]}) and incident["cited"].keys() & set(attack["events"])


def explained(incident, truth):
    why = [a for a in truth if about(a, incident, {a["class"], *a["also"]}) and
           (incident["cited"].keys() & {*a["events"], *a["side"]} or
            (a["producer"] and incident.get("producer") == a["producer"]) or (a["target"] and incident.get("target") == a["target"]))]
    return bool(why) and all(any(a["from"] <= t <= a["until"] for a in why) for t in incident["cited"].values())


def one(args, seed, clean):
    only = args.only and set(args.only.split(","))
    with tempfile.TemporaryDirectory() as folder:
        truth = inject.write(inject.make(seed, clean, args.minutes, args.attacks, only), folder)
        found = incidents(args, folder, truth["until"])
    missed = [a for a in truth["attacks"] if not any(finds(i, a) for i in found)]
    extra = [i for i in found if not explained(i, truth["attacks"])]
    return seed, clean, truth, missed, extra


class Result:
    """What came of all seeds."""

    def __init__(self, args):
        self.args, self.judged = args, args.classes and set(args.classes.split(","))
        self.hidden, self.lost, self.near, self.extras = (collections.Counter() for _ in range(4))
        self.broken = 0

    def add(self, seed, clean, truth, missed, extra):
        self.near.update(truth["benign"])
        self.hidden.update(a["attack"] for a in truth["attacks"])
        self.lost.update(a["attack"] for a in missed)
        extra = [i for i in extra if not self.judged or i["class"] in self.judged]
        self.extras.update(i["class"] for i in extra)
        if self.args.v:
            for a in missed:
                print(f"seed {seed}: missed {a['attack']} in {a['loop']} {a['producer'] or a['target'] or ''} {a['events'][:2]}")
            for i in extra:
                print(f"seed {seed}{' clean' if clean else ''}: nothing explains {i['class']} in {i['loop']}: {i['summary']}")

    def wanted(self):
        names = [f.__name__ for f in inject.chosen(attacks.STAGED + attacks.WIRE, self.args.only and set(self.args.only.split(",")), False)]
        names = [n for n in names if not self.judged or attacks.class_of(n) in self.judged]
        return sorted(names, key=lambda n: (int(attacks.class_of(n)[1:]), n))

    def verdict(self, name):
        if not self.hidden[name]:
            return "NEVER HIDDEN"
        return "ok" if 1 - self.lost[name] / self.hidden[name] >= SHARE.get(name, 1) else "MISSED"

    def good(self):
        few = sum(self.near.values()) < sum(self.hidden.values())
        return not (self.broken or few or self.extras or any(self.verdict(n) != "ok" for n in self.wanted()))

    def print(self):
        classes = collections.defaultdict(lambda: [0, 0])
        for name in self.wanted():
            cls, n, lost = attacks.class_of(name), self.hidden[name], self.lost[name]
            classes[cls][0] += n
            classes[cls][1] += n - lost
            share = f"at least {SHARE[name]:.0%}" if name in SHARE else "all"
            print(f"{cls:4} {'protocol' if cls in attacks.PROTOCOL else 'other':9} {name:16} hidden {n:5} found {n - lost:5} "
                  f"{share:13} {self.verdict(name)}")
        for cls, (n, found) in classes.items():
            print(f"{cls:4} {'protocol' if cls in attacks.PROTOCOL else 'other':9} {'(all)':16} hidden {n:5} found {found:5}")
        near, hidden = sum(self.near.values()), sum(self.hidden.values())
        print(f"near-misses {near} of {len(self.near)} kinds, attacks {hidden} of {len(self.hidden)} kinds"
              f"{': TOO FEW near-misses' if near < hidden else ''}; unexplained incidents {sum(self.extras.values())} {dict(self.extras) or ''}")


def run(args):
    result = Result(args)
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        streams = [(seed, clean) for seed in range(args.first, args.first + args.seeds) for clean in (False, True)[:1 + args.clean]]
        for job in [pool.submit(one, args, *stream) for stream in streams]:
            try:
                result.add(*job.result())
            except Exception as e:  # noqa: BLE001: one broken seed must not hide the others
                result.broken += 1
                if result.broken <= 3:
                    print(f"broken: {e!r}")
    return result


def options(about_it, seeds):
    p = argparse.ArgumentParser(description=about_it, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tocsin", required=True)
    p.add_argument("--config", required=True)
    p.add_argument("--seeds", type=int, default=seeds)
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--minutes", type=int, default=25)
    p.add_argument("--attacks", type=int, default=8, help="in one stream")
    p.add_argument("--partitions", type=int)
    p.add_argument("--only", help="hide only these classes or attacks")
    p.add_argument("--classes", help="judge only these classes")
    p.add_argument("--no-clean", dest="clean", action="store_false", help="no clean streams")
    p.add_argument("-v", action="store_true")
    return p


def main():
    args = options(__doc__, 200).parse_args()
    result = run(args)
    result.print()
    return 0 if result.good() else 1


if __name__ == "__main__":
    sys.exit(main())
