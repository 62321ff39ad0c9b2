#!/usr/bin/env python3
"""One partition or eight, one worker or three: after everything has drained, the incidents are the same.

  same.py --tocsin FILE --config FILE --workers FILE [--seeds 20]

Compares id, class, loops, evidence, first and last time, count and final state of each, not the order of emission. The promise
holds for events within the allowed lateness, so what comes later than that by design is left out.
"""
import concurrent.futures
import sys
import tempfile

import inject
import score


def final(args, folder, until, partitions, command=None):
    run = score.argparse.Namespace(**dict(vars(args), partitions=partitions, command=command))
    found = [i["last"] for i in score.incidents(run, folder, until)]
    return {(i["id"], i["class"], i["loop"], tuple(i.get("related", [])), frozenset(e["event_id"] for e in i["evidence"]),
             i["first_time"], i["last_time"], i["count"], i["state"]) for i in found}


def one(args, seed):
    with tempfile.TemporaryDirectory() as folder:
        until = inject.write(inject.make(seed, False, args.minutes, args.attacks, in_time=True), folder)["until"]
        crew = lambda n: [args.workers, str(n), str(seed), args.config]  # noqa: E731
        return seed, {"one partition": final(args, folder, until, 1), "eight partitions": final(args, folder, until, 8),
                      "eight partitions, one worker": final(args, folder, until, 8, crew(1)),
                      "eight partitions, three workers": final(args, folder, until, 8, crew(3))}


def main():
    p = score.options(__doc__, 20)
    p.add_argument("--workers", required=True, help="the program of workers.c")
    p.set_defaults(first=1000)
    args = p.parse_args()
    total, differ = 0, 0
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        for seed, runs in pool.map(one, [args] * args.seeds, range(args.first, args.first + args.seeds)):
            reference = runs.pop("one partition")
            total += len(reference)
            for name, found in runs.items():
                for i in sorted(reference ^ found, key=str):
                    differ += 1
                    print(f"seed {seed}: only with {'one partition' if i in reference else name}: {i}")
    print(f"{total} incidents over {args.seeds} seeds, {differ} differ between one partition, eight, and one worker and three on eight")
    return 1 if differ or not total else 0


if __name__ == "__main__":
    sys.exit(main())
