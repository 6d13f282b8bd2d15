#!/usr/bin/env python3
"""Real programs in a direct workspace: each does there what it does without a pod, and what it is refused is what is expected.

    direct_programs.py PROGRAMS [--only NAME] [-v]

Each row is a shell script that is run twice in the same directory, made anew: outside, and by `weir pod exec --direct`. Afterwards
both trees must be the same: names, kinds, permissions, link targets, contents. Exit 77 when this machine can make no pod.
"""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

GIT = "git -c user.name=x -c user.email=x -c commit.gpgsign=false -c init.defaultBranch=main"
# Names whose content says when or where something was made.
UNSTABLE = ("index", ".ninja_log", ".ninja_deps", "CMakeConfigureLog.yaml", "CMakeOutput.log", "out.tar", "CMakeCCompiler.cmake", "CMakeCache.txt", "cmake_install.cmake", "progress.marks")

# name: (programs that it needs, what is there before, the script, what --held names, paths that are refused)
ROWS = {
    "git-commit": (["git"], f"{GIT} init -q; echo 1 > a; {GIT} add a; {GIT} commit -qm one",
                   f"echo 2 > a; mkdir d; echo 3 > d/b; {GIT} add -A; {GIT} commit -qm two; {GIT} status --short; {GIT} checkout -qb other; echo 4 > a; "
                   f"{GIT} stash -q; {GIT} stash pop -q; {GIT} commit -qam three; {GIT} checkout -q main; {GIT} merge -q other; {GIT} tag v1; {GIT} log --oneline; {GIT} reset -q --hard HEAD~1; {GIT} clean -qfd; {GIT} update-ref -d refs/heads/other", [], []),
    "git-rebase": (["git"], f"{GIT} init -q; echo 1 > a; {GIT} add a; {GIT} commit -qm one; {GIT} checkout -qb other; echo 2 > b; {GIT} add b; {GIT} commit -qm two; "
                   f"{GIT} checkout -q main; echo 3 > c; {GIT} add c; {GIT} commit -qm three; {GIT} checkout -q other",
                   f"{GIT} rebase -q main", [".git/rebase-merge"], []),
    "git-init": (["git"], "true", f"{GIT} init -q; echo 1 > a; {GIT} add a; {GIT} commit -qm one; {GIT} gc -q", [".git"], []),
    "git-hook": (["git"], f"{GIT} init -q; echo 1 > a", "echo evil > .git/hooks/pre-commit || git config core.pager evil || git mv a .envrc || true", [], [".git/config", ".git/hooks/pre-commit"]),
    "copies": (["rsync"], "mkdir -p d/e; echo 1 > d/e/x; chmod 640 d/e/x; ln -s e/x d/l; ln d/e/x d/h; touch -d @1000000 d/e/x",
               "cp -a d copy; cp -r d plain; rsync -a d/ synced; mv copy moved; rm -r plain", [], []),
    "copies-plain": ([], "mkdir -p d/e; echo 1 > d/e/x; chmod 640 d/e/x; ln -s e/x d/l; ln d/e/x d/h; touch -d @1000000 d/e/x",
                     "cp -a d copy; cp -r d plain; mv copy moved; rm -r plain; install -D -m 755 d/e/x bin/tool; mktemp -p . name.XXXX | xargs rm", [], []),
    "tar": (["tar"], "mkdir -p d/e; echo 1 > d/e/x; chmod 750 d/e; ln -s x d/e/l; ln d/e/x d/h", "tar cf out.tar d; mkdir out; tar xf out.tar -C out; mv out/d out/d2", [], []),
    "make": (["make", "cc"], "printf 'int main(void){return 0;}\\n' > main.c; printf 'all: main\\nmain: main.o\\n\\tcc -o $@ main.o\\nmain.o: main.c\\n\\tcc -c main.c\\n' > Makefile",
             "make -s; ./main; touch main.c; make -s", [], []),
    "make-held": ([], "echo 'all:' > Makefile", "echo 'evil:' > Makefile || sed -i s/all/evil/ Makefile || true", [], ["Makefile"]),
    "cmake-ninja": (["cmake", "ninja", "cc"], "printf 'cmake_minimum_required(VERSION 3.20)\\nproject(x C)\\nadd_executable(x main.c)\\n' > CMakeLists.txt; "
                    "printf 'int main(void){return 0;}\\n' > main.c", "cmake -G Ninja -S . -B build > /dev/null; ninja -C build > /dev/null; build/x", ["build"], []),
    "sed": ([], "seq 100 > numbers; echo x > empty", "sed -i s/1/one/g numbers; sed -i.bak s/x/y/ empty; sort -o numbers numbers; split -l 10 numbers part; truncate -s 5 empty; dd if=numbers of=copy status=none", [], []),
    "vim": (["vim"], "echo one > text", "vim -es -u NONE -c '%s/one/two/' -c wq text; vim -es -u NONE -c 'normal ithree' -c 'w new' -c q", [], []),
    "sqlite": ([], "true", "python3 -c \"import sqlite3; c = sqlite3.connect('data.db'); c.execute('create table t(a)'); c.executemany('insert into t values(?)', [(i,) for i in range(1000)]); "
               "c.commit(); c.execute('pragma journal_mode=wal'); c.execute('delete from t where a > 500'); c.commit(); c.close()\"", [], []),
    "python": ([], "printf 'def f():\\n    return 1\\n' > m.py", "python3 -B -c 'import m, os, shutil, tempfile; os.makedirs(\"a/b\"); shutil.copytree(\"a\", \"c\"); shutil.move(\"c\", \"d\"); "
               "t = tempfile.NamedTemporaryFile(dir=\".\"); t.write(b\"x\"); t.close(); os.replace(\"m.py\", \"n.py\"); os.chmod(\"n.py\", 0o600); os.truncate(\"n.py\", 4); shutil.rmtree(\"d\")'", [], []),
    "venv": ([], "mkdir -p src/part; echo 'X = 1' > src/part/__init__.py", "python3 -m venv --without-pip --symlinks env; cp -r src/part env/lib/python3*/site-packages/; env/bin/python3 -B -c 'import part'", ["env"], []),
    "npm": (["npm"], "mkdir package; echo '{\"name\":\"part\",\"version\":\"1.0.0\",\"bin\":\"x.js\"}' > package/package.json; echo 1 > package/x.js; tar --mtime=@0 --owner=0 --group=0 --sort=name -cf - package | gzip -n > part.tgz; rm -r package; "
            "echo '{\"name\":\"w\",\"version\":\"1.0.0\",\"dependencies\":{\"part\":\"file:part.tgz\"}}' > package.json; npm install --package-lock-only --offline --no-audit --no-fund --cache $HOME/npm > /dev/null",
            "npm ci --offline --no-audit --no-fund --silent --cache $HOME/npm", ["node_modules"], []),
}


def tree(top):
    """{path: what is there}, contents as digests."""
    found = {}
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = pathlib.Path(folder, name)
            info = path.lstat()
            said = f"{info.st_mode:o}"
            if path.is_symlink():
                said += " " + os.readlink(path)
            elif path.is_file() and not name.endswith(UNSTABLE):
                said += " " + hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path.relative_to(top))] = said
    return found


def one(weir, name, top, environment):
    programs, before, script, held, expected = ROWS[name]
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        return f"skipped: no {missing[0]}"
    shell = ["bash", "-ec", script]
    place = top / "workspace"
    trees, said = [], []
    options = [word for path in held for word in ("--held", path)]
    for argv in (shell, [weir, "pod", "exec", "--json", "--direct", *options, "--env", "GIT_AUTHOR_DATE", "--env", "GIT_COMMITTER_DATE", "--", *shell]):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        subprocess.run(["bash", "-ec", before], cwd=place, env=environment, check=True, capture_output=True)
        start = tree(place)
        done = subprocess.run(argv, cwd=place, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        trees.append(start if expected and argv is shell else tree(place))
        said.append(done)
    report = json.loads(said[1].stderr.strip().splitlines()[-1])
    if "direct" not in report:
        return f"no pod: {said[1].stderr[-300:]}"
    refused = sorted(path["path"] for path in report["direct"]["refused_paths"])
    if refused != expected:
        return f"refused {refused}, expected {expected}; {said[1].stderr[:500]}"
    if not expected and (said[1].returncode, said[1].stdout) != (said[0].returncode, said[0].stdout):
        return f"ended with {said[1].returncode} in place of {said[0].returncode}: {said[1].stdout[-200:]}{said[1].stderr[:500]} {said[0].stderr[-300:]}"
    differ = sorted(path for path in trees[0].keys() | trees[1].keys() if trees[0].get(path) != trees[1].get(path))
    return f"differ: {[(path, trees[0].get(path), trees[1].get(path)) for path in differ[:5]]}" if differ else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--only", choices=ROWS)
    parser.add_argument("-v", action="store_true")
    options = parser.parse_args()
    weir = str(options.programs.resolve() / "weir")
    if subprocess.run(["unshare", "-Urmpfn", "true"], capture_output=True).returncode != 0:
        print("this machine has no unprivileged user namespaces")
        return 77
    top = pathlib.Path(tempfile.mkdtemp(prefix="weir-direct."))
    (top / "home").mkdir()
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(top / "home"), "WEIR_HOME": str(top / "weir"), "LANG": "C.UTF-8", "TMPDIR": "/tmp",
                   "GIT_AUTHOR_DATE": "1000000000 +0000", "GIT_COMMITTER_DATE": "1000000000 +0000"}
    failed = 0
    try:
        for name in [options.only] if options.only else ROWS:
            wrong = one(weir, name, top, environment)
            failed += bool(wrong) and not wrong.startswith("skipped")
            if wrong or options.v:
                print(f"{name}: {wrong or 'the same'}", flush=True)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    print(f"{len(ROWS) - failed} of {len(ROWS)} as outside" if not options.only else "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
