#!/usr/bin/env python3
"""Repeats transcripts into a directory of about MIB mebibytes, for measuring `weir scan`.

    bench/make_transcripts.py OUT_DIR MIB FILE...
"""
import pathlib
import sys

FILE_BYTES = 8 * 1024 * 1024


def main() -> int:
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 2
    out, wanted = pathlib.Path(sys.argv[1]), int(sys.argv[2]) * 1024 * 1024
    sources = [(pathlib.Path(name).name, pathlib.Path(name).read_bytes()) for name in sys.argv[3:]]
    sources = [(name, data) for name, data in sources if data]
    out.mkdir(parents=True, exist_ok=True)
    total, turn = 0, 0
    while total < wanted:
        for name, data in sources:
            times = -(-FILE_BYTES // len(data))
            (out / f"{turn:03d}-{name}").write_bytes(data * times)
            total += times * len(data)
        turn += 1
    print(f"{total / 1e6:.0f} MB in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
