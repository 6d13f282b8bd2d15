#!/usr/bin/env python3
"""What `weir scan --sarif` writes against the schema of SARIF 2.1.0 and GitHub's demands (tests/conformance/sarif).

    tests/soak/sarif_schema.py build/release

Takes seconds; node and, the first time, the network must be there. The last line is "N passed, N failed".
"""
import pathlib
import shutil
import subprocess
import sys

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "conformance/sarif/validate.mjs"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if shutil.which("node") is None:
        print("there is no node here\n0 passed, 0 failed, 1 skipped")
        return 0
    return subprocess.run(["node", str(SCRIPT), str(pathlib.Path(sys.argv[1]) / "weir")]).returncode


if __name__ == "__main__":
    sys.exit(main())
