"""Shell text made up by a seeded generator: valid scripts from a grammar, and mutations that break them (or not).

Nothing made here is ever run; it is only read by parsers.
"""
import random
import re

TOKENS = [
    ";", ";;", ";&", ";;&", "&", "&&", "||", "|", "|&", "\n", "(", ")", "((", "))", "{", "}", "[[", "]]", "[", "]", "!", "<", ">",
    ">>", "<<", "<<-", "<<<", "&>", "&>>", ">&", "<&", "<>", ">|", "<(", ">(", "$(", "`", "${", "$((", "$[", "$'", '$"', "'", '"',
    "\\", "\\\n", "#", " # x\n", "$", "$x", "${x}", "${x:-y}", "${x/a/b}", "$(a)", "$((1+2))", "`a`", "if", "then", "elif", "else",
    "fi", "for", "in", "do", "done", "while", "until", "case", "esac", "select", "function", "time", "coproc", "x=", "x+=", "x=(",
    "x[1]=", "f()", "-p", "--", "a", "bc", "1", "2>", "{fd}>", "=", "=~", "==", "-f", "-n", "*", "?", "+(a)", "@(a|b)", "!(x)", "~",
    "{a,b}", "{1..3}", "<<EOF\n", "EOF\n", "\nEOF\n", "\t", " ", "  ", "é", "let", "eval", "declare", "local", "export",
]
SPLIT = re.compile(r"(\s+|[;&|<>(){}\[\]$`'\"\\#!=]|[A-Za-z0-9_]+)")


class Maker:
    """Valid scripts by descent through the grammar; `depth` bounds it."""

    def __init__(self, rng):
        self.rng = rng
        self.documents = []
        self.substitutions = 0  # open $( and <( : bash 5.2 refuses `time x=(a)` inside, a fault of its own

    def pick(self, *choices):
        return self.rng.choice(choices)

    def name(self):
        return self.pick("x", "y", "name", "_a1", "PATH", "arr")

    def script(self, depth):
        out = ""
        for _ in range(self.rng.randint(1, 3)):
            out += self.statement(depth) + self.end(depth)
        return out

    def end(self, depth):
        if self.documents:
            text, self.documents = "\n" + "".join(self.documents), []
            return text
        return self.pick(";", "\n", " ;\n", "\n\n", " & ", " # comment\n")

    def statement(self, depth):
        out = self.pipeline(depth)
        while self.rng.random() < 0.25:
            out += self.pick(" && ", " || ", "&&", "||\n") + self.pipeline(depth)
        return out

    def pipeline(self, depth):
        prefix = self.pick("", "", "", "! ", "time ", "time -p ")
        out = ("" if self.substitutions and "time" in prefix else prefix) + self.command(depth)
        while self.rng.random() < 0.25:
            out += self.pick(" | ", "|", " |& ", " |\n") + self.command(depth)
        return out

    def command(self, depth):
        if depth <= 0 or self.rng.random() < 0.5:
            return self.simple(depth)
        kind = self.pick("if", "while", "for", "cfor", "case", "group", "subshell", "function", "test", "arithmetic", "select",
                         "coproc", "function2")
        return getattr(self, "make_" + kind)(depth - 1) + self.pick("", "", " >f", " 2>&1", " <f")

    def body(self, depth):
        outer, self.documents = self.documents, []
        text = self.script(depth)
        self.documents = outer
        return text

    def make_if(self, depth):
        return (f"if {self.body(depth)}then {self.body(depth)}" + self.pick("", f"elif {self.body(depth)}then {self.body(depth)}")
                + self.pick("", f"else {self.body(depth)}") + "fi")

    def make_while(self, depth):
        return f"{self.pick('while', 'until')} {self.body(depth)}do {self.body(depth)}done"

    def make_for(self, depth):
        words = " ".join(self.word(depth) for _ in range(self.rng.randint(0, 3)))
        head = self.pick(f"for {self.name()} in {words};", f"for {self.name()}\nin {words}\n", f"for {self.name()};",
                         f"for {self.name()}\n")
        return f"{head} " + self.pick(f"do {self.body(depth)}done", f"{{ {self.body(depth)}}}")

    def make_cfor(self, depth):
        return f"for (({self.arith()};{self.arith()};{self.arith()}))" + self.pick(";", "\n", " ") + f"do {self.body(depth)}done"

    def make_case(self, depth):
        arms = ""
        for _ in range(self.rng.randint(0, 3)):
            patterns = "|".join(self.pattern(depth) for _ in range(self.rng.randint(1, 2)))
            arms += self.pick("(", "") + patterns + ")" + self.pick(" ", "\n") + self.pick(self.body(depth), "") + \
                self.pick(" ;;", " ;&", " ;;&") + "\n"
        return f"case {self.word(depth)} in\n{arms}esac"

    def make_group(self, depth):
        return f"{{ {self.body(depth)}}}"

    def make_subshell(self, depth):
        return f"( {self.body(depth)})"

    def make_function(self, depth):
        return f"f{self.pick('()', ' ()', '( )')} {self.pick(self.make_group, self.make_subshell)(depth)}"

    def make_function2(self, depth):
        return f"function g{self.pick('', '()')} {self.make_group(depth)}"

    def make_select(self, depth):
        return f"select {self.name()} in {self.word(depth)}; do {self.body(depth)}done"

    def make_coproc(self, depth):
        return "coproc " + self.pick("", "NAME ") + self.make_group(depth)

    def make_test(self, depth):
        return "[[ " + self.condition(depth, 2) + " ]]"

    def condition(self, depth, levels):
        if levels > 0 and self.rng.random() < 0.4:
            inner = self.condition(depth, levels - 1)
            return self.pick(f"( {inner} )", f"! {inner}", f"{inner} && {self.condition(depth, levels - 1)}",
                             f"{inner} || {self.condition(depth, levels - 1)}")
        return self.pick(f"-f {self.word(depth)}", f"{self.word(depth)} == {self.word(depth)}", f"-n {self.word(depth)}",
                         f"{self.word(depth)} =~ ^(a|b)+$", f"{self.word(depth)} < {self.word(depth)}", "1 -eq 2",
                         self.word(depth), f"{self.word(depth)} != *.@(c|h)")

    def make_arithmetic(self, depth):
        return f"(({self.arith()}))"

    def arith(self):
        return self.pick("x=1", "x++ < 3", "(1+2)*3", "x<<2", "y ? 1 : (2)", "a[1]+=2", "", "x > 1 && y", "16#ff", "x, y", "~x")

    def simple(self, depth):
        parts = [self.name() + self.pick("=", "+=") + self.word(depth) for _ in range(self.pick(0, 0, 0, 1, 2))]
        if self.rng.random() < 0.1:
            parts.append(f"{self.name()}=({self.word(depth)} [1]={self.word(depth)}\n{self.word(depth)})")
        if not parts or self.rng.random() < 0.8:
            parts.append(self.pick("echo", "cat", "rm", "[", "test", "eval", "export x=1", "declare -a y=(1 2)", "let x=1", "a/b"))
            parts += [self.word(depth) for _ in range(self.rng.randint(0, 3))]
        for _ in range(self.pick(0, 0, 0, 1, 2)):
            parts.insert(self.rng.randint(0, len(parts)), self.redirection(depth))
        return " ".join(parts)

    def redirection(self, depth):
        if self.rng.random() < 0.2:
            quoted = self.pick("EOF", "'EOF'", '"EOF"', "\\EOF")
            strip = self.pick("", "-")
            line = self.pick("text $x", "$(a) `b`", "it's \"", "\tindented", "", "${x:-y} \\$z")
            self.documents.append(f"{line}\n" + ("\t" if strip else "") + "EOF\n")
            return f"<<{strip}{quoted}"
        return self.pick("", "2", "{fd}") + self.pick(">", ">>", "<", "<>", ">|") + self.pick("", " ") + self.word(depth) \
            if self.rng.random() < 0.7 else self.pick("2>&1", ">&2", "&>f", "&>>f", "<<<" + self.word(depth), "<&-", "2>&-", ">&$x")

    def word(self, depth):
        return "".join(self.piece(depth) for _ in range(self.pick(1, 1, 1, 2, 3)))

    def pattern(self, depth):
        return self.pick("a", "*", "a*", "[a-z]", "'x y'", "@(a|b)", "\"$x\"", "?", "-*", "$x")

    def piece(self, depth):
        if depth > 0 and self.rng.random() < 0.25:
            self.substitutions += 1
            inner = self.body(depth - 2).strip("\n")
            self.substitutions -= 1
            return self.pick(f"$({inner}\n)", f"\"$({inner}\n)\"", f"<({inner}\n)", f"$(\n{inner}\n)")
        return self.pick("a", "file.txt", "-n", "$x", "${x}", "\"$x y\"", "'a b'", "$'a\\n\\x41'", "\\ ", "\\$", "{a,b}", "{1..3}",
                         "*", "?", "[a-z]*", "~", "~/x", "${x:-a b}", "${x//a/b}", "${#x}", "${x[@]}", "${!x}", "${x%%.*}",
                         "$((1+(2)))", "$[1+2]", "\"a\\\"b\"", "$\"t\"", "`a b`", "$@", "\"$@\"", "$1", "$?",
                         "\"${x:-\"q\"}\"", "${x:-'}'}", "a=b", "x#y", "\"`a`\"", "%", "@", "^", ",", ":", "é", "\"'\"", "'\"'")


def mutated(text, rng, others):
    parts = [part for part in SPLIT.split(text) if part]
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(len(parts) + 1)
        kind = rng.random()
        if kind < 0.3 and parts:
            del parts[min(at, len(parts) - 1)]
        elif kind < 0.6:
            parts.insert(at, rng.choice(TOKENS))
        elif kind < 0.7 and len(parts) > 1:
            a, b = rng.randrange(len(parts)), rng.randrange(len(parts))
            parts[a], parts[b] = parts[b], parts[a]
        elif kind < 0.8 and parts:
            parts = parts[:at] or parts
        elif kind < 0.9 and parts:
            parts[min(at, len(parts) - 1)] = rng.choice(TOKENS)
        else:
            parts = parts[:at] + [part for part in SPLIT.split(rng.choice(others)) if part][rng.randrange(3):]
    return "".join(parts)


def made_scripts(seeds, count, seed):
    rng = random.Random(seed)
    out = []
    while len(out) < count:
        script = Maker(rng).script(rng.randint(0, 3))
        base = script if rng.random() < 0.4 else rng.choice(seeds)
        if rng.random() < 0.25:
            out.append(script)
        elif len(base) < 4000:
            out.append(mutated(base, rng, seeds))
    return out
