"""What a report adds up to."""
import collections
import json
import pathlib
import re

EVENT = re.compile(r'"event":"([a-z_.]+)"|\bevent=([a-z_.]+)')


def read(path):
    return [json.loads(x) for x in pathlib.Path(path).read_text().splitlines()]


def events(folder):
    """How often each event stands in the hosts' logs: deaths, hangs, fencings and so on."""
    n = collections.Counter()
    for f in pathlib.Path(folder).glob("host*.log"):
        for line in open(f, errors="replace"):
            m = EVENT.search(line)
            if m:
                n[m.group(1) or m.group(2)] += 1
            if "fenced" in line:
                n["told_fenced"] += 1
    return dict(sorted(n.items()))


def at(values, share):
    v = sorted(values)
    return v[min(len(v) - 1, int(share * len(v)))] if v else None


def cell(v):
    return "–" if v is None else f"{v:.1f}"


def row(kind, every):
    alone = [x for x in every if x["with_"] == 0]
    cols = [cell(at([x["lasted_s"] for x in every], 0.5))]
    for some, what in ((alone, "served_s"), (alone, "back_s"), (every, "back_s")):
        cols += [cell(at([x[what] for x in some], q)) for q in (0.5, 0.99)]
    return f"| {kind} | {len(every)} | {len(alone)} | " + " | ".join(cols) + " |"


def markdown(path):
    """The figures of a report: one table, and what it came to."""
    lines = read(path)
    by, logs = collections.defaultdict(list), collections.Counter()
    for x in lines:
        if x["event"] == "fault":
            by[x["kind"]].append(x)
        elif x["event"] == "log":
            logs.update({k: v for k, v in x.items() if k != "event"})
    every = [x for k in by for x in by[k]]
    out = ["| fault | times | alone | lasted | served, alone: p50 | p99 | back, alone: p50 | p99 | back, all: p50 | p99 |",
           "|---|---|---|---|---|---|---|---|---|---|"]
    out += [row(f"`{k}`", by[k]) for k in sorted(by)] + [row("all", every), ""]
    out += [f"Seconds. Rounds: {len({x['round'] for x in every})}; faults that had others beside them: {sum(x['with_'] > 0 for x in every)}.", ""]
    for x in lines:
        if x["event"] == "begin":
            out.append(f"- begun: seed {x['seed']}, round {x['round']}, fault {x['first']}, commit {x['commit']}, {x['rate']} records/s, {x['keys']} keys")
        elif x["event"] == "end":
            out.append("- ended: " + ", ".join(f"{k} {v}" for k, v in x.items() if k != "event"))
    points = [x for x in lines if x["event"] == "point"]
    if points:
        out += ["", "| point | deaths in pass | in count |", "|---|---|---|"]
        for p in sorted({x["point"] for x in points}):
            n = {x["pipeline"]: x["deaths"] for x in points if x["point"] == p}
            out.append(f"| `{p}` | {n.get('pass', '–')} | {n.get('count', '–')} |")
    if logs:
        out += ["", "In the hosts' logs: " + ", ".join(f"{k} {v}" for k, v in sorted(logs.items())) + "."]
    return "\n".join(out)
