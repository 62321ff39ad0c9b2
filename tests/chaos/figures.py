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


def row(kind, all_of):
    alone = [x for x in all_of if x["with_"] == 0]
    cell = lambda v: "–" if v is None else f"{v:.1f}"
    cols = [cell(at([x["lasted_s"] for x in all_of], 0.5))]
    for some in (alone, all_of):
        cols += [cell(at([x["back_s"] for x in some], q)) for q in (0.5, 0.99)]
    cols += [cell(at([x["served_s"] for x in alone], q)) for q in (0.5, 0.99)]
    return f"| {kind} | {len(all_of)} | {len(alone)} | " + " | ".join(cols) + " |"


def markdown(path):
    lines = read(path)
    by = collections.defaultdict(list)
    for x in lines:
        if x["event"] == "fault":
            by[x["kind"]].append(x)
    ends = [x for x in lines if x["event"] == "end"]
    logs = collections.Counter()
    for x in lines:
        if x["event"] == "log":
            logs.update({k: v for k, v in x.items() if k != "event"})
    out = ["| fault | times | alone | lasted, s | back p50 alone | p99 | back p50 all | p99 | served p50 alone | p99 |",
           "|---|---|---|---|---|---|---|---|---|---|"]
    out += [row(k, by[k]) for k in sorted(by)]
    out += [row("**all**", [x for k in by for x in by[k]]), ""]
    out += ["End: `" + json.dumps(x) + "`  " for x in ends]
    out += ["", "In the hosts' logs: " + ", ".join(f"{k} {v}" for k, v in sorted(logs.items())) + "."]
    return "\n".join(out)
