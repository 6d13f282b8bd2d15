#!/usr/bin/env python3
"""Runs a command at a terminal of its own and draws what it printed, colours included, as an SVG for the docs.

    tools/capture_svg.py docs/demo.svg 'weir demo' build/release/weir demo --fast
    tools/capture_svg.py --lines 20:44 docs/demo-held.svg 'weir demo' build/release/weir demo --fast

The title stands in the picture's upper edge. Standard library only; understands new lines and SGR (colour, bold,
dim), which is all that Weir prints.
"""

import argparse
import html
import os
import pathlib
import pty
import re
import subprocess
import sys

COLUMNS = 124
CHARACTER_PX = 7.8
LINE_PX = 18
MARGIN_PX = 16
TITLE_PX = 34
COLOURS = {31: "#e5534b", 32: "#57ab5a", 33: "#d4a72c", 34: "#539bf5", 35: "#b083f0", 36: "#39c5cf"}
SGR = re.compile(r"\x1b\[([0-9;]*)m")


def run_at_terminal(command):
    """What the command printed, and its exit code."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    environment.pop("NO_COLOR", None)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the terminal closes with the command
            break
        if not part:
            break
        shown += part
    return shown.decode("utf-8", "replace").replace("\r\n", "\n"), child.wait()


def spans(line, style):
    """(text, style) pieces of a line; style goes on into the next line."""
    pieces = []
    at = 0
    for match in SGR.finditer(line):
        pieces.append((line[at:match.start()], dict(style)))
        at = match.end()
        for code in (int(code or 0) for code in match.group(1).split(";")):
            if code == 0:
                style.clear()
            elif code == 1:
                style["font-weight"] = "bold"
            elif code == 2:
                style["opacity"] = "0.6"
            elif code in COLOURS:
                style["fill"] = COLOURS[code]
    pieces.append((line[at:], dict(style)))
    return [piece for piece in pieces if piece[0]]


def drawn_line(line, y, style):
    pieces = "".join("<tspan" + "".join(f' {name}="{value}"' for name, value in looks.items()) + ">" +
                     html.escape(text) + "</tspan>" for text, looks in spans(line, style))
    return f'<text x="{MARGIN_PX}" y="{y}" xml:space="preserve">{pieces}</text>' if pieces else ""


def drawing(lines, title):
    longest = max(len(SGR.sub("", line)) for line in lines)
    width = round(max(longest, 60) * CHARACTER_PX + 2 * MARGIN_PX)
    height = TITLE_PX + len(lines) * LINE_PX + 2 * MARGIN_PX
    style = {}
    rows = [drawn_line(line, TITLE_PX + MARGIN_PX + (number + 1) * LINE_PX - 5, style)
            for number, line in enumerate(lines)]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" '
        'font-size="13" fill="#d3dae2">',
        f"<title>{html.escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#1c2128"/>',
        f'<text x="{width / 2}" y="22" text-anchor="middle" opacity="0.6">{html.escape(title)}</text>',
        *(row for row in rows if row), "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", help="FIRST:LAST, counted from 1; default: all")
    parser.add_argument("svg", type=pathlib.Path)
    parser.add_argument("title")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    shown, code = run_at_terminal(args.command)
    if code != 0:
        sys.exit(f"the command ended with {code}; nothing was drawn:\n{shown}")
    lines = shown.rstrip("\n").split("\n")
    if args.lines:
        first, last = (int(number) for number in args.lines.split(":"))
        lines = lines[first - 1:last]
    args.svg.write_text(drawing(lines, args.title), encoding="utf-8")


if __name__ == "__main__":
    main()
