#!/usr/bin/env python3
"""Each detector taken out in turn makes the suite fail: a suite that passes without a detector proves nothing about it.

  without.py --tocsin FILE --config FILE [--seeds 4]
"""
import argparse
import contextlib
import io
import pathlib
import sys
import tempfile
from unittest import mock

import attacks
import score


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tocsin", required=True)
    p.add_argument("--config", required=True)
    p.add_argument("--seeds", type=int, default=4)
    args = p.parse_args()
    classes = sorted({f.__name__.split("_")[0].upper() for f in attacks.STAGED + attacks.WIRE}, key=lambda c: int(c[1:]))
    passed = []
    for cls in classes:
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder) / "without.yaml"
            config.write_text(pathlib.Path(args.config).read_text() + f"    settings: {{off: [{cls}]}}\n")
            said = io.StringIO()
            with mock.patch.object(sys, "argv", ["score.py", "--tocsin", args.tocsin, "--config", str(config), "--seeds", str(args.seeds),
                                                 "--only", cls, "--first", "500"]), contextlib.redirect_stdout(said):
                verdict = score.main()
        if "broken" in said.getvalue():
            print(said.getvalue())
            return 1
        print(f"without {cls}: the suite {'fails' if verdict else 'PASSES'}")
        if not verdict:
            passed.append(cls)
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main())
