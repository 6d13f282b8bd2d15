#!/usr/bin/env python3
"""Alerts a day of each anomaly rule on recorded benign traces, beside the budget that is stated for it.

    anomaly_alerts.py WEIR FILE... [--alerts-per-day 3] [--label benign]

FILE holds rows {id, trace, suite?, label?} as JSON Lines, plain or gzip; rows of other labels are left out. All go in their
order through one `weir inspect --kind trace --jsonl`, which learns as the daemon does. Such traces have no times: a day is
2,000 calls, the number that is assumed until times say better.
"""

import argparse
import collections
import gzip
import json
import pathlib
import subprocess
import sys

CALLS_A_DAY = 2000
SHARES = {"anomaly.first-seen": 1 / 2, "anomaly.rare": 1 / 12, "anomaly.sequence": 1 / 4, "anomaly.rate": 1 / 6}


def rows_of(paths, label):
    for path in paths:
        opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8")
        with opened as lines:
            for line in lines:
                row = json.loads(line)
                if row.get("label", label) == label:
                    yield row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--alerts-per-day", type=float, default=3)
    parser.add_argument("--label", default="benign")
    options = parser.parse_args()
    text = "".join(json.dumps(row) + "\n" for row in rows_of(options.files, options.label))
    done = subprocess.run([options.weir, "inspect", "--kind", "trace", "--jsonl", "--alerts-per-day",
                           str(options.alerts_per_day)], input=text, capture_output=True, text=True, check=False)
    calls, traces, alerts, said = 0, 0, collections.Counter(), {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        if "calls" not in row:
            continue
        traces += 1
        calls += row["calls"]
        for anomaly in row["anomalies"]:
            alerts[anomaly["rule"]] += 1
            said.setdefault(anomaly["rule"], anomaly["message"])
    if not calls:
        print(done.stderr or "no calls", file=sys.stderr)
        return 2
    days = calls / CALLS_A_DAY
    print(f"{traces} traces, {calls} calls, {days:.2f} days of {CALLS_A_DAY}")
    print("rule\talerts\ta day\tbudget a day\tthe first")
    for rule, share in SHARES.items():
        print(f"{rule}\t{alerts[rule]}\t{alerts[rule] / days:.2f}\t{share * options.alerts_per_day:.2f}\t{said.get(rule, '')}")
    total = sum(alerts.values())
    print(f"all\t{total}\t{total / days:.2f}\t{options.alerts_per_day:.2f}\t")
    return 0


if __name__ == "__main__":
    sys.exit(main())
