#!/usr/bin/env python3
"""What the flow of data alone stops in recorded agent runs, and what that costs honest ones.

    bench/flow_traces.py build/release/weir TRACES.jsonl.gz TOOLS.json [--rename] [--profile NAME] [--by …]

Traces go through `weir replay --jsonl --no-text-detectors` under the shipped policies (--profile: as strict as that; default
standard). TOOLS has, by suite, the list
that an MCP server would give (name, description, inputSchema). Of an attack the first malicious call must be asked or
refused (`mal_calls`); of any other trace every stop is a cost. --rename gives every tool a name that says nothing.
Intervals are 95 % Wilson."""
import argparse
import collections
import gzip
import json
import math
import subprocess
import sys
import tempfile
import time

STOPS = {"ask", "guide", "deny", "quarantine"}


def wilson(hits, n):
    if n == 0:
        return 0.0, 0.0
    z, p = 1.96, hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return 100 * (middle - half), 100 * (middle + half)


def with_tools(row, tools, names):
    """The row as `weir replay` reads it; `names` maps a tool to what it is called."""
    trace = []
    for message in row["trace"]:
        message = dict(message)
        if message.get("f"):
            message["f"] = names.get(message["f"], message["f"])
        if message.get("c"):
            message["c"] = [{**call, "f": names.get(call["f"], call["f"])} for call in message["c"]]
        trace.append(message)
    listed = [{**tool, "name": names.get(tool["name"], tool["name"])} for tool in tools]
    return {"id": row["id"], "tools": listed, "trace": trace}


def replay(weir, rows, tools, rename, profile):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for row in rows:
            own = tools.get(row["suite"], [])
            names = {tool["name"]: f"tool_{i}" for i, tool in enumerate(own)} if rename else {}
            file.write(json.dumps(with_tools(row, own, names)) + "\n")
        file.flush()
        began = time.perf_counter()
        out = subprocess.run([weir, "replay", "--jsonl", "--no-text-detectors", "--profile", profile, file.name], stdout=subprocess.PIPE, text=True)
        seconds = time.perf_counter() - began
    answers = {answer["id"]: answer for answer in map(json.loads, out.stdout.splitlines())}
    broken = [row["id"] for row in rows if "decisions" not in answers.get(row["id"], {})]
    if broken:
        sys.exit(f"weir replay answered {len(broken)} rows with an error, first {broken[0]}")
    return {key: [d["call"] for d in answer["decisions"] if d["verdict"] in STOPS] for key, answer in answers.items()}, seconds


def print_labels(rows, stops, title):
    total, hit = collections.Counter(), collections.Counter()
    benign_calls = benign_stops = earlier = earlier_calls = 0
    for row in rows:
        label, stopped = row["label"], stops[row["id"]]
        total[label] += 1
        if label.startswith("attack"):
            first = min(row["mal_calls"])
            hit[label] += first in stopped
            earlier += sum(call < first for call in stopped)
            earlier_calls += first
        else:
            hit[label] += bool(stopped)
        if label == "benign":
            benign_calls += row["n_calls"]
            benign_stops += len(stopped)
    print(title)
    for label in sorted(total):
        low, high = wilson(hit[label], total[label])
        print(f"  {label:28} {hit[label]:5} of {total[label]:5}  {100 * hit[label] / total[label]:5.1f} %  [{low:.1f}, {high:.1f}]")
    if benign_calls:
        print(f"  stops per 100 benign calls   {100 * benign_stops / benign_calls:.2f}")
    if earlier_calls:
        print(f"  calls before the malicious   {100 * earlier / earlier_calls:.2f} % stopped")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("traces")
    parser.add_argument("tools")
    parser.add_argument("--rename", action="store_true")
    parser.add_argument("--profile", choices=["relaxed", "standard", "strict"], default="standard")
    parser.add_argument("--by", choices=["model", "suite", "category"])
    options = parser.parse_args()
    opened = gzip.open if options.traces.endswith(".gz") else open
    with opened(options.traces, "rt") as file:
        rows = [json.loads(line) for line in file]
    with open(options.tools) as file:
        tools = json.load(file)
    stops, seconds = replay(options.weir, rows, tools, options.rename, options.profile)
    print_labels(rows, stops, f"all {len(rows)} traces, {seconds:.1f} s")
    if options.by:
        for value in sorted({row[options.by] for row in rows}):
            print_labels([row for row in rows if row[options.by] == value], stops, f"{options.by} {value}")


if __name__ == "__main__":
    main()
