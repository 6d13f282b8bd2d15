#!/usr/bin/env python3
"""Weir's Cedar against the reference implementation on random cases (tests/conformance/cedar_differential.mjs).

    tests/soak/cedar_differential.py build/release

WEIR_TEST_LEVEL=full runs 50,000 fresh cases with a seed of their own; else it is those of a fixed seed that fit 15
seconds, at most 3,000. The last line is "N passed, N failed[, N skipped]".
"""
import os
import pathlib
import shutil
import subprocess
import sys

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "conformance/cedar_differential.mjs"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if shutil.which("node") is None:
        print("node is not here\n0 passed, 0 failed, 1 skipped")
        return 0
    full = os.environ.get("WEIR_TEST_LEVEL") == "full"
    size = ["--cases", "50000"] if full else ["--cases", "3000", "--seconds", "15", "--seed", "1"]
    return subprocess.run(["node", str(SCRIPT), str(pathlib.Path(sys.argv[1]) / "weir"), *size]).returncode


if __name__ == "__main__":
    sys.exit(main())
