#!/usr/bin/env python3
"""The architecture test: the rules hold for this checkout, and each rule can fail.

    python3 tests/architecture/run.py            self-test, then the checkout
    python3 tests/architecture/run.py --list     the rules, one line each

Every rule has a fixture, fixtures/RULE.house: a tiny house in which that rule, and only that rule, is broken, and the
violations it expects. fixtures/clean.house breaks none. The last line counts.
"""
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import fixture  # noqa: E402
import rules  # noqa: E402
from house import House  # noqa: E402


def violations(house, rule):
    return sorted(rule(house), key=lambda found: (found.path, found.line))


def check_fixture(name):
    """What is wrong with a rule's fixture, as lines of text; none when it is as expected. "clean" breaks no rule."""
    if not fixture.exists(name):
        return [f"rule {name} has no fixture: nothing shows that it can fail"]
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder) / "around" / "house"
        expected = fixture.lay_out(name, top)
        if not expected and name != "clean":
            return [f"the fixture of {name} expects nothing"]
        house, wrong = House(top, everything=True), []
        for rule in rules.ALL:
            found = violations(house, rule)
            places = [f"{violation.path}:{violation.line}" for violation in found]
            if rule.__name__ != name:
                wrong += [f"fixture {name} also breaks: {violation}" for violation in found]
            elif places != expected:
                wrong.append(f"{name}: expected {expected}, found {places}")
        return wrong


def main():
    if sys.argv[1:] == ["--list"]:
        for rule in rules.ALL:
            print(f"{rule.__name__:38}{(rule.__doc__ or '').strip().splitlines()[0] if rule.__doc__ else ''}")
        return 0
    house = House(HERE.parent.parent)
    names = ["clean", *(rule.__name__ for rule in rules.ALL)]
    checks = [(f"self-test {name}", check_fixture(name)) for name in names]
    checks += [(rule.__name__, violations(house, rule)) for rule in rules.ALL]
    failed = 0
    for name, wrong in checks:
        failed += bool(wrong)
        for line in wrong:
            print(f"  {line}")
        print(f"{'FAILED' if wrong else 'ok    '} {name}")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
