#!/usr/bin/env python3
"""The shell parser against bash and tree-sitter-bash on own, real and made scripts (tests/conformance/shell_oracle.py).

    tests/soak/shell_differential.py build/release

WEIR_TEST_LEVEL=full takes 10,000 real commands and 10,000 made scripts with a seed of their own; else it is few of each
and a fixed seed. The last line is "N passed, N failed[, N skipped]".
"""
import os
import pathlib
import random
import subprocess
import sys

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "conformance/shell_oracle.py"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    full = os.environ.get("WEIR_TEST_LEVEL") == "full"
    size = ["--cases", "10000", "--seed", str(random.randrange(1 << 30))] if full else ["--cases", "1000", "--limit", "1000"]
    print("shell_oracle.py", *size)
    return subprocess.run([sys.executable, str(SCRIPT), sys.argv[1], *size]).returncode


if __name__ == "__main__":
    sys.exit(main())
