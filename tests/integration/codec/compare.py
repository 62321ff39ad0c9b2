#!/usr/bin/env python3
"""compare.py CASES PYTHON JAVA: do our answers (the last column of CASES) equal those of Avro's libraries?

Where a library is known not to do what the specification says, the pair does not count for it:

Python  has no aliases, no enum defaults, no promotion between string and bytes; looks only at the kind of the items of
        arrays and maps, so that items are never promoted; cannot read a union as one of its branches; and takes the first
        numeric branch a number can be promoted to even where the very type is in the union, also with one schema.
Java    reads records of different names as each other when their structure fits. We do not, nor does Python.

Exits 1 when any other pair differs, or when too few were compared."""
import sys

ALIAS, ENUM_DEFAULT, TEXT, ITEMS, NUMBERS, UNMADE = 1, 2, 4, 64, 128, 256
NOT_IN_PYTHON = ALIAS | ENUM_DEFAULT | TEXT | ITEMS | NUMBERS | UNMADE
LEAST = 20000


def lines(path):
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n") for line in f]


def main():
    cases, python, java = (lines(p) for p in sys.argv[1:4])
    if not len(cases) == len(python) == len(java):
        sys.exit(f"{len(cases)} cases, {len(python)} answers of Python, {len(java)} of Java")
    compared = {"python": 0, "java": 0, "both": 0}
    refused = structure = 0
    wrong = []
    for case, p, j in zip(cases, python, java):
        *_, changes, _, ours = case.split("\t")
        by_python = not int(changes) & NOT_IN_PYTHON
        by_java = not (ours == "error" and p == "error" and j != "error" and not j.startswith("fingerprint") and "{" in j)
        structure += not by_java
        compared["python"] += by_python
        compared["java"] += by_java
        compared["both"] += by_python and by_java
        refused += ours == "error"
        if (by_python and p != ours) or (by_java and j != ours):
            wrong.append(f"{case}\n  python {p}\n  java   {j}")
    print(f"{len(cases)} pairs of schemas, {refused} of them refused; compared with Python {compared['python']}, with Java "
          f"{compared['java']}, with both {compared['both']}; read by structure alone in Java: {structure}; different: {len(wrong)}")
    for w in wrong[:5]:
        print(w)
    if wrong or compared["both"] < LEAST or structure * 1000 > len(cases) or refused < 500:
        sys.exit(1)


if __name__ == "__main__":
    main()
