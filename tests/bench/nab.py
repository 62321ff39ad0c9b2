#!/usr/bin/env python3
"""L5 over the labelled series of the Numenta Anomaly Benchmark: alarms a day, and labelled windows that were met.

  nab.py --tocsin FILE [--config tests/integration/detect/detector.yaml] [--nab tests/fixtures/nab] [--json]

Each series is the metric of one loop of its own, at its own pace, through `tocsin replay`; its first 15 % are the benchmark's
probation and count as time but not as misses. A window is met when an L5 incident cites an event inside it.
"""
import argparse
import collections
import csv
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parents[1]


def micro(text):
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc).timestamp() * 1_000_000)


def series(nab):
    for path in sorted(nab.glob("*/*.csv")):
        with open(path, newline="") as f:
            rows = [(micro(r["timestamp"]), float(r["value"])) for r in csv.DictReader(f)]
        yield f"{path.parent.name}/{path.name}", rows


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tocsin", required=True)
    p.add_argument("--config", default=HERE / "integration/detect/detector.yaml")
    p.add_argument("--nab", type=pathlib.Path, default=HERE / "fixtures/nab")
    p.add_argument("--json", action="store_true", help="one line of JSON")
    args = p.parse_args()
    labels = json.loads((args.nab / "labels.json").read_text())
    total = collections.Counter()
    days = 0.0
    for name, rows in series(args.nab):
        with tempfile.TemporaryDirectory() as folder:
            loop = {"id": "nab", "domain": "test", "producers": [{"name": "probe", "stage": "MONITORING"}]}
            pathlib.Path(folder, "registry.jsonl").write_text(json.dumps({"key": "nab", "value": loop}) + "\n")
            with open(f"{folder}/events.jsonl", "w") as out:
                for n, (time, value) in enumerate(rows):
                    event = {"id": f"e{n}", "loop": "nab", "domain": "test", "stage": "MONITORING", "kind": "TELEMETRY",
                             "producer": {"name": "probe", "incarnation": 1, "sequence": n}, "event_time": time,
                             "metrics": {"value": value}, "subject": {"type": "series", "id": name}}
                    out.write(json.dumps({"key": "nab", "time_us": time, "value": event}) + "\n")
            run = subprocess.run([args.tocsin, "replay", args.config, "--from", f"events={folder}/events.jsonl",
                                  "--table", f"registry={folder}/registry.jsonl"], capture_output=True, text=True)
            if run.returncode:
                sys.exit(f"{name}: replay ended with {run.returncode}: {run.stderr[-500:]}")
        raised = [v["value"] for v in map(json.loads, run.stdout.splitlines())
                  if v["port"] == "incidents" and v["value"]["class"] == "L5"]
        alarms = {v["id"] for v in raised}
        cited = {e["event_time"] for v in raised for e in v["evidence"]}
        windows = [(micro(a), micro(b)) for a, b in labels.get(name, {}).get("windows", []) if micro(b) > rows[len(rows) * 15 // 100][0]]
        met = sum(any(a <= t <= b for t in cited) for a, b in windows)
        days += (rows[-1][0] - rows[0][0]) / 86_400_000_000
        total.update(series=1, alarms=len(alarms), windows=len(windows), met=met)
    result = dict(total, days=round(days, 1), alarms_a_day=round(total["alarms"] / days, 3))
    print(json.dumps(result) if args.json else "{series} series, {days} days: {alarms} alarms, {alarms_a_day} a day and series; "
          "{met} of {windows} labelled windows met".format(**result))
    return 0 if total["series"] else 1


if __name__ == "__main__":
    sys.exit(main())
