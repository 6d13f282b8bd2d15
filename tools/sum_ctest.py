#!/usr/bin/env python3
"""Counts what a ctest run did: sum_ctest.py JUNIT.xml GTEST_DIR  prints "PASSED FAILED SKIPPED", names failures.

A GoogleTest program that wrote its own report into GTEST_DIR (GTEST_OUTPUT=json:GTEST_DIR/) counts case by case;
any other program, and one that died before writing, counts as one.
"""
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def gtest_cases(path):
    """Yields (name, outcome) for every case in a GoogleTest JSON report."""
    for suite in json.loads(path.read_text())["testsuites"]:
        for case in suite["testsuite"]:
            name = f"{suite['name']}.{case['name']}"
            if case.get("failures"):
                yield name, "failed"
            elif case.get("result") in ("SKIPPED", "SUPPRESSED") or case.get("status") == "NOTRUN":
                yield name, "skipped"
            else:
                yield name, "passed"


def outcome_of_program(case):
    skipped = case.find("skipped")
    if skipped is not None and skipped.get("message", "").startswith("SKIP_RETURN_CODE"):
        return "skipped"  # by its own word; what it misses stands in the log
    if case.find("failure") is not None or case.get("status") == "fail":
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "failed"  # ctest says "not run" when the program is missing: that is no pass
    return "passed"


def count(junit, gtest_dir):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    failures = []
    for program in ElementTree.parse(junit).getroot().iter("testcase"):
        name = program.get("name")
        outcome = outcome_of_program(program)
        report = gtest_dir / f"{name}_tests.json"
        cases = list(gtest_cases(report)) if report.exists() else []
        for case, result in cases:
            counts[result] += 1
            if result == "failed":
                failures.append(f"{name}: {case}")
        # A sanitizer can fail a program whose cases all passed; a crash leaves no report.
        if not cases or (outcome == "failed" and not any(result == "failed" for _, result in cases)):
            counts[outcome] += 1
            if outcome == "failed":
                failures.append(f"{name}: the program itself")
    return counts, failures


def main():
    counts, failures = count(sys.argv[1], pathlib.Path(sys.argv[2]))
    for failure in failures:
        print(f"  failed  {failure}", file=sys.stderr)
    print(counts["passed"], counts["failed"], counts["skipped"])


if __name__ == "__main__":
    main()
