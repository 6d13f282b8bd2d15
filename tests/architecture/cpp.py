"""Reading C++ just well enough for the rules: what is code, what is a comment, where a function begins and ends."""
import dataclasses
import re

TOKEN = re.compile(
    r"""(?P<line>//[^\n]*(?:\\\n[^\n]*)*)|(?P<block>/\*.*?\*/)
      |(?P<raw>R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")
      |(?P<string>"(?:\\.|[^"\\\n])*")|(?P<char>(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+')""",
    re.S | re.X,
)


def blank(text):
    """The same text with everything but line ends turned into spaces, so that line numbers and columns stay."""
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """Source with comments and the contents of string literals blanked; #include lines keep their names."""
    def replace(match):
        if match.lastgroup == "string" and "#include" in line_of(text, match.start()):
            return match.group()
        found = match.group()
        return '"' + blank(found[1:-1]) + '"' if match.lastgroup == "string" else blank(found)
    return TOKEN.sub(replace, text)


def line_of(text, position):
    begin = text.rfind("\n", 0, position) + 1
    return text[begin:position]


@dataclasses.dataclass
class Include:
    line: int
    name: str
    quoted: bool


def includes(text):
    for number, line in enumerate(code_only(text).split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if match:
            yield Include(number, match.group(1) or match.group(2), match.group(1) is not None)


@dataclasses.dataclass
class Function:
    name: str
    first: int  # line numbers from 1, both ends included
    last: int

    @property
    def lines(self):
        return self.last - self.first + 1


SCOPE = re.compile(r'^(?:\[\[.*?\]\]\s*)?(?:export\s+|typedef\s+|static\s+|inline\s+)*'
                   r'(?:namespace|class|struct|union|enum|extern)\b')
NAME = re.compile(r"((?:~|operator\s*[^\s(]+|[A-Za-z_])[\w:<>~]*)\s*\(")


def functions(text):
    """Every function body outside other functions, lambdas at namespace scope included.

    One pass over the braces. Before each opening brace stands a head: what was written since the last statement,
    block or brace at this level. The head says whether the brace opens a scope (namespace, class), a function, or an
    initialiser. Inside a function nothing more is looked at, so lambdas count for the function that holds them.
    """
    code = re.sub(r"(?m)^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda m: blank(m.group()), code_only(text))
    position, head_begin, stack = 0, 0, []
    while position < len(code):
        char = code[position]
        if char == ";":
            head_begin = position + 1
        elif char in "([":
            position = closing(code, position)
        elif char == "{":
            head = code[head_begin:position]
            kind = head_kind(head)
            if kind == "scope":
                stack.append(position)
                head_begin = position + 1
            else:
                end = closing(code, position)
                if kind == "function":
                    yield make_function(code, head, head_begin, end)
                    head_begin = end + 1
                position = end
        elif char == "}":
            if stack:
                stack.pop()
            head_begin = position + 1
        elif char == ":" and re.search(r"\b(?:public|private|protected)\s*$", code[head_begin:position]):
            head_begin = position + 1
        position += 1


def closing(code, position):
    """Where the bracket at this position closes; the end of the text if it never does."""
    depth, at = 0, position
    while at < len(code):
        if code[at] in "([{":
            depth += 1
        elif code[at] in ")]}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return len(code) - 1


def flatten(head):
    """The head with the contents of brackets removed, so that only its own level is read."""
    out, depth = [], 0
    for char in head:
        if char in ")]}":
            depth -= 1
        if depth == 0:
            out.append(char)
        if char in "([{":
            depth += 1
    return "".join(out).strip()


def head_kind(head):
    flat = flatten(re.sub(r"\btemplate\s*<[^{};]*?>\s*(?=[\w\[:~])", " ", head))
    if SCOPE.match(flat) and "()" not in flat:
        return "scope"
    if re.match(r"extern\s", flat) and "()" not in flat:
        return "scope"
    if "()" not in flat:
        return "function" if re.search(r"=\s*\[\]", flat) else "initialiser"
    if re.search(r"[^=!<>]=[^=]", flat) and not re.search(r"operator", flat):
        return "function" if re.search(r"=\s*\[\]", flat) else "initialiser"
    # A constructor's member initialiser: `Name() : member_` before the brace, with more to come after it.
    if re.search(r"\)[^:]*[^:]:[^:]", flat) and re.search(r"[\w>]\s*$", flat) and not re.search(
            r"\b(?:const|noexcept|override|final|mutable|try)\s*$", flat):
        return "initialiser"
    return "function"


def make_function(code, head, head_begin, end):
    offset = len(head) - len(head.lstrip())
    found = NAME.search(head)
    return Function(name=found.group(1) if found else "lambda",
                    first=code.count("\n", 0, head_begin + offset) + 1,
                    last=code.count("\n", 0, end) + 1)
