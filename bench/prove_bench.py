#!/usr/bin/env python3
"""Proofs at the size of a large team: the shipped pack grown to 200 policies by a seeded generator.

    bench/prove_bench.py build/release [--policies 200] [--seed 1] [--check]

`analyze`, `diff`, `prove` and `recheck` through the real program, wall time each. What the generator planted is what
they must find: policies that are redundant, shadowed, overridden and contradictory, changes that open and changes that
close, properties that hold and properties that do not; nothing may be `unknown`, and the second solver must confirm
every obligation. Exit 1 when a verdict is wrong, with --check also when something takes more than 30 s.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIMIT_S = 30.0
OPENS = "gen.dropped"  # the policy whose loss must be seen

# Verbs with the type that they act on, and what can be asked of such a resource.
VERBS = [
    ("net.connect", "Host", ["resource.loopback == false", 'resource.host like "*.{word}.example"']),
    ("file.write", "Path", ["resource.in_workspace == false", 'resource.path like "/srv/{word}/*"', "resource.exists"]),
    ("file.delete", "Path", ["resource.known", 'resource.path like "*/{word}/*.db"', 'resource.name == "{word}"']),
    ("mcp.call", "Tool", ['resource.server == "{word}"', 'resource.name like "{word}/*"']),
    ("vcs.push", "Repository", ['resource.name like "*/{word}"']),
    ("db.write", "Database", ['resource in Environment::"{word}"', 'resource.name == "{word}"']),
    ("infra.change", "Infra", ['resource in Environment::"{word}"']),
    ("pkg.install", "Package", ['resource.name like "{word}-*"', 'resource.name == "{word}"']),
    ("memory.write", "Memory", ['resource.name == "{word}"']),
    ("agent.message", "Agent", ['resource.name == "{word}"']),
]
ANYWHERE = [
    'context.flags.contains("{word}")',
    'context.labels.categories.containsAny(["{word}", "personal"])',
    'context.facts.contains("{word}")',
    "context.session.calls > {number}",
    "context.session.writes + context.session.deletes > {number}",
    'context.attrs has branch && context.attrs.branch like "{word}/*"',
    'context.agent == "{word}"',
    "context.approvals < 2",
    'context.labels.integrity == "untrusted" && context.labels.confidentiality == "secret"',
]
WORDS = ["billing", "search", "ledger", "mobile", "infra", "legal", "payroll", "vault", "atlas", "orders"]


class Pack:
    """Policies by id; each a scope, a list of conjuncts and annotations."""

    def __init__(self, random_source):
        self.random = random_source
        self.policies = {}

    def fill(self, text, word=None):
        return text.format(word=word or self.random.choice(WORDS), number=self.random.randrange(10, 500))

    def conjuncts(self, verb, how_many):
        own = [text for name, _, texts in VERBS if name == verb for text in texts]
        chosen = [self.fill(self.random.choice(own))]
        # Sums may overflow; a forbid that can err does not load, so the bound comes first.
        for text in self.random.sample(ANYWHERE, how_many - 1):
            text = self.fill(text)
            if "+" in text:
                text = f"context.session.writes < 1000000 && context.session.writes > -1 && " \
                       f"context.session.deletes < 1000000 && context.session.deletes > -1 && {text}"
            chosen.append(text)
        return chosen

    def add(self, name, effect, verb, conjuncts, decision=None):
        self.policies[name] = (effect, verb, list(conjuncts), decision)

    def text(self):
        out = []
        for name, (effect, verb, conjuncts, decision) in self.policies.items():
            kind = next(kind for known, kind, _ in VERBS if known == verb)
            marks = f'@decision("{decision}")\n' if decision else ""
            out.append(f'@id("{name}")\n{marks}@reason("Generated.")\n@severity("high")\n'
                       f'{effect} (principal, action == Action::"{verb}", resource is {kind})\n'
                       f'when {{ {" && ".join(f"({one})" for one in conjuncts)} }};\n')
        return "\n".join(out)


def generate(count, seed):
    """The pack and what is planted in it: {kind: {(policy, by)}}."""
    pack = Pack(random.Random(seed))
    planted = {"redundant": set(), "shadowed": set(), "overridden": set(), "never": set()}
    pack.add(OPENS, "forbid", "pkg.install", ['context.command == "a command of its own"'])
    number = 0
    while len(pack.policies) < count:
        verb = VERBS[number % len(VERBS)][0]
        name = f"gen.{number:03}"
        conjuncts = pack.conjuncts(verb, pack.random.randrange(2, 4))
        pack.add(name, "forbid", verb, conjuncts, pack.random.choice([None, "ask", "guide", "warn"]))
        if number % 19 == 7:
            pack.add(name + ".same", "forbid", verb, conjuncts[::-1])
            planted["redundant"].add(frozenset((name + ".same", name)))
        if number % 19 == 11:
            pack.add(name + ".less", "forbid", verb, conjuncts + ['context.tool == "Shadow"'])
            planted["shadowed"].add((name + ".less", name))
        if number % 19 == 13:
            pack.add(name + ".never-wins", "permit", verb, conjuncts + ['context.tool == "Over"'])
            planted["overridden"].add((name + ".never-wins", name))
        if number % 19 == 17:
            pack.add(name + ".empty", "forbid", verb, conjuncts + ['context.agent == "a"', 'context.agent == "b"'])
            planted["never"].add(name + ".empty")
        number += 1
    return pack, planted


def properties(pack):
    """Some that hold, since a forbid of the pack is what they say; some that do not, for want of one."""
    hold, broken = [], []
    for i, (name, (effect, verb, conjuncts, decision)) in enumerate(pack.policies.items()):
        if effect == "permit" or name.endswith(".empty"):
            continue
        kind = next(kind for known, kind, _ in VERBS if known == verb)
        head = f'never (principal, action == Action::"{verb}", resource is {kind})\nwhen'
        if i % 4 == 0:
            body = " && ".join(f"({one})" for one in conjuncts + ['context.plane == "hook"'])
            hold.append(f'@id("hold.{name}")\n@verdict("{decision or "deny"}")\n{head} {{ {body} }};\n')
        elif i % 20 == 3:
            broken.append(f'@id("broken.{name}")\n@verdict("quarantine")\n{head} {{ {conjuncts[0]} }};\n')
    return hold, broken


class Run:
    def __init__(self, weir):
        self.weir = weir
        self.times = {}
        self.wrong = []

    def __call__(self, label, *args):
        begin = time.monotonic()
        done = subprocess.run([self.weir, "policy", *map(str, args), "--json"], capture_output=True, text=True)
        self.times[label] = time.monotonic() - begin
        if done.returncode not in (0, 1) or not done.stdout:
            sys.exit(f"weir policy {' '.join(map(str, args))}: exit {done.returncode}: {done.stderr[:2000]}")
        return done.returncode, json.loads(done.stdout)

    def expect(self, holds, what):
        if not holds:
            self.wrong.append(what)


def check_analysis(run, directory, planted):
    _, found = run("analyze", "analyze", directory)
    findings = {(one["kind"], one["policy"], one.get("by")) for at in found["envs"] for one in at["findings"]}
    vacuous = found["vacuous_kinds"]
    for pair in planted["redundant"]:
        run.expect(any(kind == "redundant" and {policy, by} == pair for kind, policy, by in findings),
                   f"not redundant: {sorted(pair)}")
    for kind in ("shadowed", "overridden"):
        for policy, by in planted[kind]:
            run.expect(any(k == kind and p == policy for k, p, _ in findings), f"not {kind}: {policy} by {by}")
    for policy in planted["never"]:
        run.expect(vacuous.get(policy) == "never_applies", f"not vacuous: {policy}")
    run.expect(not any(at.get("unknown") for at in found["envs"]), "analyze leaves something unknown")
    run.expect(not any(kind == "may_error" for kind, _, _ in findings), "a bounded sum is said to err")


def check_diff(run, old, new, pack):
    """Opens pkg.install (a forbid gone), closes db.write (a forbid more); everything else is as it was."""
    changed = Pack(pack.random)
    changed.policies = {name: policy for name, policy in pack.policies.items() if name != OPENS}
    changed.add("gen.added", "forbid", "db.write", ['context.command == "a command of its own"'])
    (new / "generated.cedar").write_text(changed.text())
    code, same = run("diff, nothing changed", "diff", old, old)
    run.expect(code == 0 and all(at["verdict"] == "equivalent" for at in same["envs"]), "a set differs from itself")
    code, found = run("diff, two policies changed", "diff", old, new)
    verdicts = {}
    for at in found["envs"]:
        verdicts.setdefault(at["verdict"], set()).add(at["action"])
        for example in at["examples"]:
            run.expect(example["before"]["decision"] != example["after"]["decision"], "an example that shows nothing")
    run.expect(code == 1 and verdicts.get("looser") == {"pkg.install"}, f"looser: {verdicts.get('looser')}")
    run.expect(verdicts.get("tighter") == {"db.write"}, f"tighter: {verdicts.get('tighter')}")
    run.expect(set(verdicts) == {"looser", "tighter", "equivalent"}, f"verdicts: {sorted(verdicts)}")


def check_proofs(run, directory, work, pack):
    hold, broken = properties(pack)
    shipped = sorted((ROOT / "content/properties").glob("*.cedarprop"))
    (work / "hold.cedarprop").write_text("\n".join(hold + [one.read_text() for one in shipped]))
    (work / "broken.cedarprop").write_text("\n".join(broken))
    code, found = run("prove", "prove", "--policies", directory, "--properties", work / "hold.cedarprop",
                      "--certificate", work / "proof")
    not_proved = [one["id"] for one in found["properties"] if one["verdict"] != "proved" or one.get("vacuous")]
    run.expect(code == 0 and not not_proved, f"not proved: {not_proved}")
    code, again = run("recheck", "recheck", work / "proof")
    run.expect(code == 0 and not again["unknown"] and not again["disagreed"],
               f"recheck: unknown {again['unknown'][:5]}, disagreed {again['disagreed'][:5]}")
    code, refuted = run("prove, refuted", "prove", "--policies", directory, "--properties", work / "broken.cedarprop")
    run.expect(code == 1 and all(one["verdict"] == "refuted" for one in refuted["properties"]), "something false is proved")
    return len(found["properties"]), len(refuted["properties"]), again["agreed"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--policies", type=int, default=200, help="of the whole pack, those that ship included")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true", help=f"fail when a command takes more than {LIMIT_S} s")
    parser.add_argument("--content", type=pathlib.Path, default=ROOT / "content/policies")
    args = parser.parse_args()
    shipped = sorted(args.content.glob("*.cedar"))
    count = args.policies - sum(one.read_text().count("@id(") for one in shipped)
    pack, planted = generate(count, args.seed)
    run = Run(args.build / "weir")
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        for name in ("old", "new"):
            (work / name).mkdir()
            for one in shipped:
                (work / name / one.name).write_text(one.read_text())
            (work / name / "generated.cedar").write_text(pack.text())
        check_analysis(run, work / "old", planted)
        check_diff(run, work / "old", work / "new", pack)
        proved, refuted, obligations = check_proofs(run, work / "old", work, pack)
    total = count + sum(one.read_text().count("@id(") for one in shipped)
    print(f"{total} policies, {sum(map(len, planted.values()))} planted findings, {proved} properties that hold, "
          f"{refuted} that do not, {obligations} obligations confirmed by the second solver")
    for label, seconds in run.times.items():
        print(f"{label:28} {seconds:6.2f} s")
    for text in run.wrong:
        print("WRONG:", text)
    slow = [label for label, seconds in run.times.items() if seconds > LIMIT_S]
    if slow:
        print("over", LIMIT_S, "s:", ", ".join(slow))
    return 1 if run.wrong or (args.check and slow) else 0


if __name__ == "__main__":
    sys.exit(main())
