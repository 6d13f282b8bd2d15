#!/usr/bin/env python3
"""Trains the weights of content/detect/injection.json. Standard library only; deterministic.

    weir inspect --kind content --windows --jsonl DATA.jsonl > windows.jsonl
    tools/train_injection.py DATA.jsonl[.gz] windows.jsonl                     # cross-validated figures
    tools/train_injection.py DATA.jsonl[.gz] windows.jsonl --write

DATA rows: {id, text, label, source, family}; labels injection and jailbreak are positive, benign and benign_hard
negative, others are left out. windows.jsonl is what Weir itself saw: {id, windows: [{signals: [id]}]}, so that the
model is trained on exactly the features that it will be given.

The model is a logistic regression over binary signals of one window, all weights at least zero (text that is
added must never make an injection look better), regularised towards a prior that people set for each signal: what
the data does not show keeps what is known about it. A text counts as its most suspicious window:
training alternates between choosing that window and fitting (multiple-instance learning). Sources are weighted
to count alike, so that a large one does not rule. Figures come from folds that never split a family.
"""
import argparse
import collections
import gzip
import hashlib
import json
import math

FOLDS = 5
ROUNDS = 3          # choose windows, fit, again
STEPS = 400
RATE = 0.5
L2 = 0.004          # pull towards the prior, of the mean loss
WEIGHT_MAX = 4.0    # no single signal decides
NEGATIVE_WEIGHT = 3.0


def read(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > -50 else 0.0


def score(model, signals):
    return model["bias"] + sum(model["weights"].get(s, 0.0) for s in signals)


def worst(model, windows):
    return max(windows, key=lambda w: score(model, w), default=[])


def row_weights(rows):
    """Every (source, side) counts alike within its side, dampened by the square root."""
    sizes = collections.Counter((r["source"], r["positive"]) for r in rows)
    weights = [1 / math.sqrt(sizes[(r["source"], r["positive"])]) for r in rows]
    for side, share in ((True, 1.0), (False, NEGATIVE_WEIGHT)):
        total = sum(w for w, r in zip(weights, rows) if r["positive"] == side) or 1
        weights = [w * share / total if r["positive"] == side else w for w, r in zip(weights, rows)]
    total = sum(weights)
    return [w / total for w in weights]


def fit(rows, priors):
    names = list(priors)
    model = {"bias": -3.0, "weights": dict(priors)}
    weights = row_weights(rows)
    for _ in range(ROUNDS):
        grouped = collections.defaultdict(float)  # equal windows count together
        for row, weight in zip(rows, weights):
            grouped[(tuple(sorted(worst(model, row["windows"]))), row["positive"])] += weight
        examples = [(signals, positive, weight) for (signals, positive), weight in grouped.items()]
        squares = collections.defaultdict(lambda: 1e-6)  # AdaGrad
        for _ in range(STEPS):
            gradient = collections.defaultdict(float)
            bias = 0.0
            for signals, positive, weight in examples:
                error = weight * (sigmoid(score(model, signals)) - positive)
                bias += error
                for s in signals:
                    gradient[s] += error
            squares[""] += bias * bias
            model["bias"] -= RATE * bias / math.sqrt(squares[""])
            for n in names:
                g = gradient[n] + L2 * (model["weights"][n] - priors[n])
                squares[n] += g * g
                moved = model["weights"][n] - RATE * 0.2 * g / math.sqrt(squares[n])
                model["weights"][n] = min(WEIGHT_MAX, max(0.0, moved))
    return model


def fold_of(family):
    return int(hashlib.sha256(str(family).encode()).hexdigest(), 16) % FOLDS


def threshold_curve(rows, scores, thresholds):
    print("| threshold | recall agentdojo | deepset | cyberseceval4 | bipia | jailbreak | FP notinject | FP other benign |")
    print("|---|---|---|---|---|---|---|---|")

    def share(wanted, t):
        hits = [scores[r["id"]] >= t for r in rows if wanted(r)]
        return f"{100 * sum(hits) / max(1, len(hits)):.1f} % ({sum(hits)}/{len(hits)})"

    for t in thresholds:
        cells = [
            share(lambda r: r["positive"] and r["source"] == "agentdojo", t),
            share(lambda r: r["positive"] and r["source"] == "deepset", t),
            share(lambda r: r["positive"] and r["source"].startswith("cyberseceval4"), t),
            share(lambda r: r["positive"] and r["source"] == "bipia", t),
            share(lambda r: r["label"] == "jailbreak", t),
            share(lambda r: r["source"] == "notinject", t),
            share(lambda r: not r["positive"] and r["source"] != "notinject", t),
        ]
        print(f"| {t:.2f} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("windows")
    parser.add_argument("--model", default="content/detect/injection.json", help="signals and priors")
    parser.add_argument("--write", action="store_true", help="replace bias and weights in the model file")
    parser.add_argument("--group", default="family", help="what a fold never splits: family, category or source")
    parser.add_argument("--no-cross-validation", action="store_true")
    parser.add_argument("--show-errors", type=float, help="threshold: print wrong rows of the cross-validation")
    options = parser.parse_args()

    seen = {row["id"]: [[s if isinstance(s, str) else s["id"] for s in (w["signals"] if isinstance(w, dict) else w)]
                        for w in row["windows"]] for row in read(options.windows)}
    rows = []
    for row in read(options.data):
        if row["label"] not in ("injection", "jailbreak", "benign", "benign_hard"):
            continue
        row["positive"] = row["label"] in ("injection", "jailbreak")
        row["windows"] = seen[row["id"]] or [[]]
        rows.append(row)
    with open(options.model, encoding="utf-8") as file:
        content = json.load(file)
    priors = {s["id"]: float(s["prior"]) for s in content["signals"]}
    priors.update({s["id"]: float(s["prior"]) for s in content["built_in"]})

    if not options.no_cross_validation:
        scores = {}
        for fold in range(FOLDS):
            model = fit([r for r in rows if fold_of(r[options.group]) != fold], priors)
            for r in rows:
                if fold_of(r[options.group]) == fold:
                    scores[r["id"]] = sigmoid(score(model, worst(model, r["windows"])))
        print(f"{len(rows)} texts, {len(priors)} signals, {FOLDS} folds by {options.group}")
        threshold_curve(rows, scores, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
        if options.show_errors is not None:
            for r in rows:
                if (scores[r["id"]] >= options.show_errors) != r["positive"]:
                    model_window = worst(model, r["windows"])
                    print(f"{'missed' if r['positive'] else 'FALSE'} {scores[r['id']]:.2f} {r['source']} {model_window} "
                          f"{json.dumps(r['text'][:160], ensure_ascii=False)}")
    model = fit(rows, priors)
    if options.write:
        content["bias"] = round(model["bias"], 3)
        for signal in content["signals"] + content["built_in"]:
            signal["weight"] = round(model["weights"].get(signal["id"], 0.0), 3)
        with open(options.model, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1, ensure_ascii=False)
            file.write("\n")
    else:
        for name, weight in sorted(model["weights"].items(), key=lambda item: -item[1]):
            print(f"{weight:6.2f} {name}")
        print(f"{model['bias']:6.2f} bias")


if __name__ == "__main__":
    main()
