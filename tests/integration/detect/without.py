#!/usr/bin/env python3
"""Each detector taken out in turn makes the suite fail: a suite that passes without a detector proves nothing about it.

  without.py --tocsin FILE --config FILE --schema config.schema.json [--seeds 3]

A detector is one symptom of the setting `off`; the names come from the plugin's schema, and every one must be attacked. On the same
streams, the attacks on it are found with it and missed without it.
"""
import concurrent.futures
import json
import pathlib
import sys
import tempfile

import attacks
import score

# Which attacks show a symptom. Neither the injector nor the detector knows of the other; this is where they meet.
ATTACKS = {
    "L1.unregistered": "l1_loop", "L1.producer": "l1_unknown", "L1.incarnation": "l1_twin l1_old_life l1_below",
    "L3.replay": "l3_replay l3_number l3_ahead", "L3.reordered": "l3_held", "L3.stale": "l3_stale", "L3.future": "l3_future",
    "L4.gap": "l4_drop", "L4.silent": "l4_silence", "L4.trigger": "l4_trigger", "L4.action": "l4_action",
    "L5.range": "l5_range", "L5.jump": "l5_jump", "L5.shift": "l5_shift", "L5.frozen": "l5_frozen",
    "L8.target": "l8_target", "L8.decision": "l8_orphan l8_borrowed", "L8.stage": "l8_stage",
    "L9.attribute": "l9_attribute l9_disallowed", "L9.priority": "l9_priority l9_coordination",
    "L10.oscillation": "l10_flap", "L11.conflict": "l11_conflict", "L14.cascade": "l14_storm l14_repeat",
    "L14.circle": "l14_circle l14_echo", "L15.flood": "l15_flood",
}


def both(args, symptom, name):
    """Verdicts on one attack with the detector and without it."""
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "without.yaml"
        config.write_text(pathlib.Path(args.config).read_text() + f"    settings: {{off: [{symptom}]}}\n")
        said = []
        for file in (args.config, str(config)):
            result = score.Result(args)
            for seed in range(args.first, args.first + args.seeds):
                result.add(*score.one(score.argparse.Namespace(**dict(vars(args), config=file, only=name)), seed, False))
            said.append(result)
        return symptom, name, *said


def main():
    p = score.options(__doc__, 3)
    p.add_argument("--schema", required=True)
    p.set_defaults(first=500, attacks=4)
    args = p.parse_args()
    names = json.loads(pathlib.Path(args.schema).read_text())["properties"]["off"]["items"]["enum"]
    symptoms = [n for n in names if "." in n]
    bad = 0
    for n in sorted(set(symptoms) ^ set(ATTACKS)):
        bad += 1
        print(f"{n}: {'nothing attacks it' if n in symptoms else 'no such symptom'}")
    listed = " ".join(ATTACKS.values()).split()
    for n in sorted({f.__name__ for f in attacks.STAGED + attacks.WIRE} ^ set(listed)):
        bad += 1
        print(f"{n}: {'no such attack' if n in listed else 'attacks no symptom'}")
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        jobs = [pool.submit(both, args, s, name) for s in symptoms for name in ATTACKS.get(s, "").split()]
        for job in jobs:
            symptom, name, on, off = job.result()
            good = on.verdict(name) == "ok" and off.verdict(name) == "MISSED"
            bad += not good
            print(f"without {symptom:16} {name:16} hidden {on.hidden[name]:3} found with it {on.hidden[name] - on.lost[name]:3}, "
                  f"without {off.hidden[name] - off.lost[name]:3}: {'the suite fails' if good else 'BAD, the suite ' + off.verdict(name)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
