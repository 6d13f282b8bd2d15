#!/usr/bin/env python3
"""Could leaving policies out reach every target for commands at once?

    weir inspect --kind command --jsonl commands.jsonl > attacks.pred
    weir inspect --kind command --jsonl benign.jsonl > benign.pred
    bench/policy_choice.py commands.jsonl attacks.pred benign.jsonl benign.pred

Takes every subset of the policies that stop a benign row of the sources with a target out of force, and prints for each
combination of targets the subset that keeps most of the recall. Targets are those of docs/benchmarks.md.
"""
import argparse
import json
import pathlib

RECALL = {"destructive": 0.97, "malicious": 0.85}
BENIGN = {"readme-shell": 0.005, "dockerfile-run": 0.02}
STOPPED = ("ask", "deny", "quarantine")
ONLY_WARNS = {"exec.opaque"}


def rows(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


def stops(rows_path, pred_path, group):
    """For each group of rows: how many there are, and the policies that stop each one that is stopped."""
    labels = {row["id"]: row for row in rows(rows_path)}
    counts, stopped = {}, {}
    for answer in rows(pred_path):
        name = group(labels[answer["id"]])
        if name is None:
            continue
        counts[name] = counts.get(name, 0) + 1
        policies = frozenset(answer["policies"]) - ONLY_WARNS if answer["verdict"] in STOPPED else frozenset()
        stopped.setdefault(name, []).append(policies)
    return counts, stopped


def attack_group(row):
    weak = row["label"] == "malicious" and row.get("strength") != "strong"
    return row["label"] if row["label"] in RECALL and not weak else None


def benign_group(row):
    return row["source"] if row["label"] == "benign" and row["source"] in BENIGN else None


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("attacks", "attack_answers", "benign", "benign_answers"):
        options.add_argument(name)
    args = options.parse_args()
    attack_counts, attacks = stops(args.attacks, args.attack_answers, attack_group)
    benign_counts, benign = stops(args.benign, args.benign_answers, benign_group)
    choice = sorted(set().union(*(policies for group in benign.values() for policies in group)))
    best, reaching = {}, 0
    for mask in range(1 << len(choice)):
        out = {choice[i] for i in range(len(choice)) if mask >> i & 1}
        share = {name: sum(1 for p in group if p - out) / benign_counts[name] for name, group in benign.items()}
        recall = {name: sum(1 for p in group if p - out) / attack_counts[name] for name, group in attacks.items()}
        met = tuple(name for name in BENIGN if share.get(name, 0) <= BENIGN[name])
        worst = min(recall[name] / RECALL[name] for name in RECALL)
        reaching += len(met) == len(BENIGN) and worst >= 1
        if met not in best or worst > best[met][0]:
            best[met] = (worst, recall, share, sorted(out))
    for met, (_, recall, share, out) in sorted(best.items()):
        figures = ", ".join(f"{name} {100 * value:.1f} %" for name, value in (*recall.items(), *share.items()))
        print(f"meets {', '.join(met) or 'none'}: {figures}; without {', '.join(out) or 'nothing'}")
    print(f"{len(choice)} policies, {1 << len(choice)} subsets, {reaching} reach all targets")


if __name__ == "__main__":
    main()
