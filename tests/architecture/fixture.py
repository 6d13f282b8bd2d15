"""Fixtures of the self-test: one text file each, laid out as a tiny house in a temporary directory.

    Prose first. Then one section a file, put over those of clean.house:
    -- src/words/words.cc --
    namespace weir::words {
    @repeat 600 extern int x;
    }

`@repeat N LINE` writes LINE N times, `@absent` removes the file of clean.house, `@parent@` becomes the directory that the
tiny house lies in. The section `expected` is not written: it names the violations, "PATH:LINE" each.
"""
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent / "fixtures"


def sections(name):
    parts = re.split(r"(?m)^-- (\S+) --\n", (FOLDER / f"{name}.house").read_text())
    return dict(zip(parts[1::2], parts[2::2]))


def exists(name):
    return (FOLDER / f"{name}.house").is_file()


def lay_out(name, top):
    """Writes the fixture below `top` and returns what it expects."""
    files = sections("clean") | sections(name)
    expected = files.pop("expected", "").split()
    for path, text in files.items():
        if text.strip() == "@absent":
            continue
        text = re.sub(r"(?m)^@repeat (\d+) (.*\n)", lambda found: found.group(2) * int(found.group(1)), text)
        target = pathlib.Path(top) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace("@parent@", str(pathlib.Path(top).resolve().parent)))
    return expected
