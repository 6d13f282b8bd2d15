"""The house as the rules see it: the table of rooms in cmake/Rooms.cmake and the files of the checkout."""
import dataclasses
import functools
import pathlib
import re
import subprocess


@dataclasses.dataclass
class Room:
    name: str
    floor: int
    pure: bool
    rooms: list


@dataclasses.dataclass
class Violation:
    rule: str
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text} [{self.rule}]"


class House:
    """Everything is relative to `top`. With `everything` the files come from the directory (fixtures), else from git."""

    def __init__(self, top, everything=False):
        self.top = pathlib.Path(top).resolve()
        self.everything = everything
        self.rooms = read_rooms((self.top / "cmake/Rooms.cmake").read_text())

    @functools.cached_property
    def files(self):
        """Paths relative to the top, sorted: what git tracks, or all there is."""
        if not self.everything:
            listed = subprocess.run(["git", "-C", str(self.top), "ls-files", "-z"], capture_output=True, text=True)
            if listed.returncode == 0:
                return sorted(name for name in listed.stdout.split("\0") if name and (self.top / name).is_file())
        skipped = {".git", "build", "node_modules", ".agents", "__pycache__"}
        return sorted(str(path.relative_to(self.top)) for path in self.top.rglob("*")
                      if path.is_file() and not skipped & set(path.relative_to(self.top).parts))

    @functools.cached_property
    def files_and_pending(self):
        """The same and what lies in src/ but is not yet tracked: an include may name a file of the same change."""
        return set(self.files) | {str(path.relative_to(self.top)) for path in (self.top / "src").rglob("*.h")}

    @functools.lru_cache(maxsize=None)
    def text(self, name):
        return (self.top / name).read_text(errors="replace")

    def cxx(self, *folders):
        """The C++ files below the given folders."""
        return [name for name in self.files
                if name.endswith((".cc", ".h")) and name.startswith(tuple(f"{folder}/" for folder in folders))]

    def room_files(self, room):
        return self.cxx(f"src/{room.name}")

    def built_rooms(self):
        return [room for room in self.rooms.values() if self.room_files(room)]


def read_rooms(text):
    rooms = {}
    text = re.sub(r"#[^\n]*", "", text)
    for match in re.finditer(r"weir_room\(\s*(\w+)\s+(\d+)\s+(\w+)([^)]*)\)", text):
        name, floor, kind, rest = match.groups()
        named, current = {"ROOMS": [], "LIBS": [], "TEST_SHARDS": []}, None
        for word in rest.split():
            if word in named:
                current = word
            elif current:
                named[current].append(word)
        rooms[name] = Room(name, int(floor), kind == "pure", named["ROOMS"])
    return rooms
