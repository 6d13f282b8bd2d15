#!/usr/bin/env python3
"""clang-tidy over many files, each looked at once: tidy.py BUILD_DIR JOBS LOGS CACHE FILE…

A file that was found clean is not looked at again until it, a header that it includes, its compile command, .clang-tidy or
the tool change: CACHE holds the digests of what was clean. The text of the files goes into a digest with their comments
(a NOLINT is one), as the preprocessor of the compile command gives it. The last line is "N passed, N failed".
"""

import concurrent.futures
import hashlib
import json
import pathlib
import shlex
import subprocess
import sys

TOOL = "clang-tidy-19"


def expanded(command):
    """The words of a compile command that preprocess instead, comments kept, to standard output."""
    words = iter(shlex.split(command))
    kept = []
    for word in words:
        if word == "-o":
            next(words)
        elif word != "-c":
            kept.append(word)
    return [*kept, "-E", "-C", "-o", "-"]


class Tidy:
    def __init__(self, build, logs, cache):
        self.build, self.logs, self.cache = build, pathlib.Path(logs), pathlib.Path(cache)
        self.logs.mkdir(parents=True, exist_ok=True)
        self.cache.mkdir(parents=True, exist_ok=True)
        rows = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
        self.commands = {str(pathlib.Path(row["file"]).resolve()): row for row in rows}
        version = subprocess.run([TOOL, "--version"], capture_output=True, text=True, check=True).stdout
        self.common = (version + pathlib.Path(".clang-tidy").read_text()).encode()

    def digest(self, file):
        """None when the file cannot be expanded: then the tool says why."""
        row = self.commands.get(str(pathlib.Path(file).resolve()))
        if row is None:
            return None
        done = subprocess.run(expanded(row["command"]), cwd=row["directory"], capture_output=True)
        if done.returncode != 0:
            return None
        # Where the checkout lies is no part of it.
        top = str(pathlib.Path.cwd()).encode()
        return hashlib.sha256(b"\0".join([self.common, row["command"].encode(), done.stdout]).replace(top, b"")).hexdigest()

    def clean(self, file):
        digest = self.digest(file)
        if digest and (self.cache / digest).exists():
            return True
        done = subprocess.run([TOOL, "--quiet", "-p", self.build, "--warnings-as-errors=*", file], capture_output=True, text=True)
        if done.returncode == 0:
            if digest:
                (self.cache / digest).touch()
            return True
        (self.logs / file.replace("/", "+")).write_text(done.stdout + done.stderr)
        print(f"FAILED {file}\n{done.stdout[:2000]}", flush=True)
        return False


def main():
    build, jobs, logs, cache, *files = sys.argv[1:]
    tidy = Tidy(build, logs, cache)
    with concurrent.futures.ThreadPoolExecutor(int(jobs)) as pool:
        outcomes = list(pool.map(tidy.clean, files))
    print(f"{outcomes.count(True)} passed, {outcomes.count(False)} failed")
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
