"""The rules of the house (docs/development.md says why). Each takes the House and yields Violations."""
import re

import cpp
from house import Violation

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
CHARTER_LINES_MIN = 5

STANDARD = set("""algorithm any array atomic barrier bit bitset charconv chrono codecvt compare complex concepts
condition_variable coroutine deque exception execution expected filesystem format forward_list fstream functional future
generator initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map mdspan memory
memory_resource mutex new numbers numeric optional ostream print queue random ranges ratio regex scoped_allocator
semaphore set shared_mutex source_location span spanstream sstream stack stacktrace stdexcept stdfloat stop_token
streambuf string string_view strstream syncstream system_error thread tuple type_traits typeindex typeinfo
unordered_map unordered_set utility valarray variant vector version cassert cctype cerrno cfenv cfloat cinttypes
climits clocale cmath csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype
assert.h ctype.h errno.h float.h inttypes.h limits.h math.h stdarg.h stddef.h stdint.h stdio.h stdlib.h string.h
time.h uchar.h wchar.h""".split())

SYSTEM = re.compile(r"^(?:(?:sys|linux|net|netinet|arpa|asm|bits|gnu)/[\w/-]+\.h|(?:unistd|fcntl|poll|signal|dirent|pwd|grp|sched"
                    r"|spawn|termios|pthread|netdb|glob|ftw|mntent|paths|pty|resolv|syscall|syslog|utime|wait|elf|dlfcn"
                    r"|fnmatch|link|getopt|ifaddrs|libgen|semaphore|aio|mqueue|execinfo|endian|byteswap)\.h)$")

# What a pure room may not touch: the outside world, time, threads, chance. A line that does so for a good reason (CHECK
# says why before it ends the program) carries the comment `// impure: <reason>`.
IMPURE_HEADERS = set("""fstream iostream filesystem thread mutex shared_mutex condition_variable future random semaphore
barrier latch stop_token csignal ctime time.h stdio.h cstdio signal.h atomic""".split())
IMPURE_CODE = [
    (re.compile(r"\b\w*_clock::now\b|\bclock_gettime\b|(?<![\w.>])(?:std::)?time\s*\(\s*(?:nullptr|NULL|0|&)"),
     "reads a clock"),
    (re.compile(r"\bstd::(?:thread|jthread|mutex|async|condition_variable|atomic)\b|\bthread_local\b"), "uses threads"),
    (re.compile(r"\bstd::(?:[io]?fstream|cout|cerr|cin|filesystem)\b|(?<![\w.>])::f?open(?:at)?\s*\("
                r"|(?<![\w.>:])f?open(?:at)?\s*\(\s*(?:\"|[\w.]+(?:\(\))?\s*,)"),
     "does I/O"),
    (re.compile(r"(?<![\w.>])(?:std::|::)?(?:getenv|setenv|system|popen|fork|execve|posix_spawn|getpid|socket)\s*\("),
     "touches the process or its environment"),
    (re.compile(r"\bstd::random_device\b|(?<![\w.>])(?:std::|::)?(?:s?rand|random|getrandom)\s*\("), "draws randomness"),
]


def room_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def table_of_rooms(house):
    """cmake/Rooms.cmake itself: a room names only rooms on lower floors, a pure room only pure ones."""
    for room in house.rooms.values():
        for name in room.rooms:
            other = house.rooms.get(name)
            if other is None:
                text = f"room {room.name} names {name}, which is no room"
            elif other.floor >= room.floor:
                text = f"room {room.name} (floor {room.floor}) may not name {name} (floor {other.floor})"
            elif room.pure and not other.pure:
                text = f"pure room {room.name} may not name {name}, a rim room"
            else:
                continue
            yield Violation("table_of_rooms", "cmake/Rooms.cmake", 1, text)


def includes_do_not_climb(house):
    """A file includes only its own room and the rooms its room names."""
    for path in house.cxx("src"):
        room = room_of(path)
        if room is None:
            continue
        if room not in house.rooms:
            yield Violation("includes_do_not_climb", path, 1, f"src/{room}/ is not in cmake/Rooms.cmake")
            continue
        allowed = {room, *house.rooms[room].rooms}
        for include in cpp.includes(house.text(path)):
            if not include.quoted or include.name == "content.h":
                continue
            target = include.name.split("/")[0]
            if target in house.rooms and target not in allowed:
                yield Violation("includes_do_not_climb", path, include.line,
                                f"room {room} may not include {include.name}")


def includes_name_the_room(house):
    """Includes are written "room/thing.h", never relative, and the file is there."""
    for path in house.cxx("src"):
        if room_of(path) is None:
            continue
        for include in cpp.includes(house.text(path)):
            if include.quoted and include.name != "content.h" and f"src/{include.name}" not in house.files_and_pending:
                yield Violation("includes_name_the_room", path, include.line, f'write "room/thing.h", not {include.name}')


def pure_rooms_stay_pure(house):
    for room in house.built_rooms():
        for path in house.room_files(room) if room.pure else []:
            text = excused(house.text(path))
            for include in cpp.includes(text):
                if include.name in IMPURE_HEADERS or SYSTEM.match(include.name):
                    yield Violation("pure_rooms_stay_pure", path, include.line,
                                    f"pure room {room.name} may not include <{include.name}>")
            for number, line in enumerate(cpp.code_only(text).split("\n"), 1):
                for pattern, what in IMPURE_CODE:
                    if pattern.search(line):
                        yield Violation("pure_rooms_stay_pure", path, number, f"pure room {room.name} {what}")


def excused(text):
    """The text without the lines that give a reason for being impure."""
    return re.sub(r"(?m)^.*// impure: \S.*$", "", text)


def rooms_have_a_charter(house):
    """The principal header opens with what the room is for, and says its floor and kind as Rooms.cmake does."""
    for room in house.built_rooms():
        kind = "pure" if room.pure else "rim"
        says = f"// Room `{room.name}` (floor {room.floor}, {kind})"
        headers = [path for path in house.room_files(room) if path.endswith(".h")]
        opening = {path: opening_comment(house.text(path)) for path in headers}
        with_charter = [path for path in headers if opening[path] and opening[path][0].startswith("// Room `")]
        principal = f"src/{room.name}/{room.name}.h"
        if not with_charter and len(opening.get(principal, [])) >= CHARTER_LINES_MIN:
            continue
        if not with_charter:
            yield Violation("rooms_have_a_charter", f"src/{room.name}/{room.name}.h", 1,
                            f"room {room.name} has no header that opens with \"{says}: …\"")
        for path in with_charter:
            if not opening[path][0].startswith(says):
                yield Violation("rooms_have_a_charter", path, 1, f'the charter of this room opens with "{says}"')
            elif len(opening[path]) < CHARTER_LINES_MIN:
                yield Violation("rooms_have_a_charter", path, 1, f"a charter has at least {CHARTER_LINES_MIN} lines")


def opening_comment(text):
    lines = []
    for line in text.split("\n"):
        if not line.startswith("//"):
            break
        lines.append(line)
    return lines


def headers_open_with_their_purpose(house):
    """A header begins with a comment that says what it is for, then #pragma once."""
    for path in house.cxx("src", "hook", "front"):
        if path.endswith(".h"):
            text = house.text(path)
            if not opening_comment(text):
                yield Violation("headers_open_with_their_purpose", path, 1, "say first what this header is for")
            if "#pragma once" not in text:
                yield Violation("headers_open_with_their_purpose", path, 1, "#pragma once is missing")


def files_are_small(house):
    for path in house.cxx("src", "hook", "front", "tests", "bench"):
        lines = house.text(path).split("\n")
        if len(lines) - 1 > FILE_LINES_MAX and not any(line.startswith("// long: ") for line in lines[:20]):
            yield Violation("files_are_small", path, len(lines) - 1, f"longer than {FILE_LINES_MAX} lines")


def functions_are_small(house):
    """More than 70 lines need the line `// long: <reason>` before them."""
    for path in house.cxx("src", "hook", "front", "tests", "bench"):
        text = house.text(path)
        lines = text.split("\n")
        for function in cpp.functions(text):
            before = lines[function.first - 2] if function.first >= 2 else ""
            if function.lines > FUNCTION_LINES_MAX and not re.match(r"\s*// long: \S", before):
                yield Violation("functions_are_small", path, function.first,
                                f"{function.name} has {function.lines} lines, more than {FUNCTION_LINES_MAX}")


def no_std_regex(house):
    """It recurses per character and has no bound on time."""
    for path in house.cxx("src", "hook", "front", "tests", "bench"):
        for number, line in enumerate(cpp.code_only(house.text(path)).split("\n"), 1):
            if re.search(r"#\s*include\s*<regex>|\bstd::w?s?regex", line):
                yield Violation("no_std_regex", path, number, "std::regex is banned; parse, or use RE2")


def third_party_headers_stay_in_sources(house):
    for path in house.cxx("src", "hook", "front"):
        if not path.endswith(".h"):
            continue
        for include in cpp.includes(house.text(path)):
            if not include.quoted and include.name not in STANDARD and not SYSTEM.match(include.name):
                yield Violation("third_party_headers_stay_in_sources", path, include.line,
                                f"<{include.name}> belongs in a .cc file")


def code_is_in_its_namespace(house):
    for path in house.cxx("src"):
        room, text = room_of(path), cpp.code_only(house.text(path))
        if room is None or path.endswith("/main.cc") or not re.search(r"\bnamespace\b|[{;]", text):
            continue
        namespace = "weir" if room == "base" else f"weir::{room}"
        if not re.search(rf"\bnamespace {namespace}\b", text):
            yield Violation("code_is_in_its_namespace", path, 1, f"namespace {namespace} is missing")


def no_unowned_todo(house):
    for path in house.cxx("src", "hook", "front", "tests", "bench"):
        for number, line in enumerate(house.text(path).split("\n"), 1):
            if re.search(r"//.*\b(?:TODO|FIXME|XXX)\b", line):
                yield Violation("no_unowned_todo", path, number, "do it now or give it an owner in docs/roadmap.md")


def no_machine_paths(house):
    """Nothing names this checkout or what lies beside it on this machine, nor the registry a lockfile was made with."""
    parent = house.top.parent
    # What lies beside a checkout in a directory that everybody uses says nothing about this machine.
    common = str(parent) in ("/", "/tmp", "/var/tmp", "/home", "/root", "/srv", "/opt")
    beside = "|".join(re.escape(path.name) for path in ([house.top] if common else parent.iterdir()))
    here = re.compile(rf"(?<![\w.~-]){re.escape(str(parent).rstrip('/'))}/(?:{beside})(?![\w.-])")
    for path in house.files:
        if path.endswith((".gz", ".zst", ".png", ".bin")):
            continue
        text = house.text(path)
        found = here.search(text)
        if found:
            yield Violation("no_machine_paths", path, text.count("\n", 0, found.start()) + 1, f"names {found.group()}")
        if path.endswith("package-lock.json") and '"resolved": "http' in text:
            yield Violation("no_machine_paths", path, 1, "names a registry: omit-lockfile-registry-resolved=true")


def rooms_have_tests(house):
    for room in house.built_rooms():
        if not any(path.endswith("_test.cc") for path in house.cxx(f"tests/{room.name}")):
            yield Violation("rooms_have_tests", f"tests/{room.name}", 1, f"room {room.name} has no *_test.cc")


def rooms_have_docs(house):
    """A room has docs/ROOM.md, or a page that speaks of it by its directory; docs/development.md counts for none."""
    pages = "\n".join(house.text(path) for path in house.files
                      if path.startswith("docs/") and path.endswith(".md") and path != "docs/development.md")
    for room in house.built_rooms():
        if f"docs/{room.name}.md" not in house.files and f"src/{room.name}" not in pages:
            yield Violation("rooms_have_docs", "docs", 1, f"no page of docs/ speaks of src/{room.name}")


def fuzz_targets_have_a_corpus(house):
    for path in house.cxx("tests/fuzz"):
        if path.endswith("_fuzz.cc"):
            corpus = path.removesuffix("_fuzz.cc") + "_corpus/"
            if not any(name.startswith(corpus) for name in house.files):
                yield Violation("fuzz_targets_have_a_corpus", path, 1, f"{corpus} holds no seed")


ALL = [
    table_of_rooms,
    includes_do_not_climb,
    includes_name_the_room,
    pure_rooms_stay_pure,
    rooms_have_a_charter,
    headers_open_with_their_purpose,
    files_are_small,
    functions_are_small,
    no_std_regex,
    third_party_headers_stay_in_sources,
    code_is_in_its_namespace,
    no_unowned_todo,
    no_machine_paths,
    rooms_have_tests,
    rooms_have_docs,
    fuzz_targets_have_a_corpus,
]
