"""Rewrites of a shell command that mean the same: quoting, encodings, variables, wrappers, nested interpreters.

    for name, text in rewrites(command, simple, rng): ...

`simple`: the command is one row of plain words. Nothing made here is ever run; it is only read by parsers.
"""
import base64
import codecs
import gzip
import shlex


def sq(text):
    return "'" + text.replace("'", "'\\''") + "'"


def dq(text):
    return '"' + "".join("\\" + c if c in '\\"$`' else c for c in text) + '"'


def b64(text):
    return base64.b64encode(text.encode()).decode()


def octal(text):
    return "".join(f"\\{byte:03o}" for byte in text.encode())


def hexed(text):
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def rot13(text):
    return codecs.encode(text, "rot13")


# ---- quoting of single words

def empty_quotes(word, rng):
    at = rng.randint(1, max(1, len(word) - 1))
    return word[:at] + rng.choice(["''", '""', "$''"]) + word[at:]


def quoted(word, rng):
    return rng.choice([sq, dq, lambda w: "$" + sq(w)])(word)


def backslashes(word, rng):
    return "".join("\\" + c if rng.random() < 0.6 and c.isalnum() else c for c in word)


def partly_quoted(word, rng):
    at = rng.randint(0, len(word) - 1)
    return word[:at] + quoted(word[at], rng) + word[at + 1:]


def hex_word(word, rng):
    return "$'" + rng.choice([hexed, octal])(word) + "'"


def unicode_word(word, rng):
    return "$'" + "".join(f"\\u{ord(c):04x}" for c in word) + "'"


def continued(word, rng):
    at = rng.randint(1, max(1, len(word) - 1))
    return word[:at] + "\\\n" + word[at:]


def empty_substitution(word, rng):
    at = rng.randint(1, max(1, len(word) - 1))
    return word[:at] + rng.choice(["$()", "``", "$(:)", "${_none:+x}"]) + word[at:]


WORDS = [empty_quotes, quoted, backslashes, partly_quoted, hex_word, unicode_word, continued, empty_substitution]


def word_rewrites(words, rng):
    for change in WORDS:
        picked = words[:]
        places = [0] if rng.random() < 0.5 else range(len(words))
        for at in places:
            if len(words[at]) > 1 and not words[at].startswith("~"):
                picked[at] = change(words[at], rng)
        yield change.__name__, " ".join(picked)
    joined = ",".join(words)
    if len(words) > 1 and not any(c in joined for c in "{}'\"~") and all("," not in word for word in words):
        yield "braces", "{" + joined + "}"
        yield "IFS", f"IFS=,; v={sq(joined)}; $v"
    if len(words) > 1:
        yield "IFS separator", "$IFS".join(words) if all(word[0] in "-/~." for word in words[1:]) else "${IFS}".join(words)
        yield "tabs", "\t ".join(words)
    first, rest = words[0], " ".join(words[1:])
    at = rng.randint(1, len(first) - 1)
    yield "variable of the name", f"x={first}; $x {rest}"
    yield "two halves", f"a={first[:at]} b={first[at:]}; $a$b {rest}"
    yield "two halves braced", f"a={first[:at]}; ${{a}}{first[at:]} {rest}"
    yield "appended", f"c={first[:at]}; c+={first[at:]}; $c {rest}"
    yield "array", f"c=({' '.join(words)}); \"${{c[@]}}\""
    yield "array by index", f"c=(x {first} y); ${{c[1]}} {rest}"
    yield "array appended", f"c=({first}); c+=({rest}); ${{c[*]}}"
    yield "associative", f"declare -A m=([k]={first}); ${{m[k]}} {rest}"
    yield "set --", f"set -- {' '.join(words)}; \"$@\""
    yield "set and shift", f"set -- x {' '.join(words)}; shift; $*"
    yield "positional", f"set -- {first}; $1 {rest}"
    yield "default", f"${{nothing_here:-{first}}} {rest}"
    yield "replaced", f"x=Q{first}; ${{x/Q/}} {rest}"
    yield "prefix cut", f"x=zz{first}; ${{x#zz}} {rest}"
    yield "suffix cut", f"x={first}.zz; ${{x%.zz}} {rest}"
    yield "substring", f"x=abc{first}xyz; ${{x:3:{len(first)}}} {rest}"
    yield "arithmetic substring", f"x=abc{first}xyz; n=3; ${{x:$((n)):{len(first)}}} {rest}"
    yield "lower case", f"x={first.upper()}; ${{x,,}} {rest}"
    yield "indirect", f"y={first}; x=y; ${{!x}} {rest}"
    yield "nameref", f"y={first}; declare -n r=y; $r {rest}"
    yield "printf -v", f"printf -v x '%s%s' {first[:at]} {first[at:]}; $x {rest}"
    yield "printf -v octal", f"printf -v x {sq(octal(first))}; $x {rest}"
    yield "read", f"read -r x <<< {first}; $x {rest}"
    yield "read two", f"read -r x y <<< {sq(' '.join(words))}; $x $y"
    yield "read array", f"read -ra x <<< {sq(' '.join(words))}; \"${{x[@]}}\""
    yield "read IFS", f"IFS=: read -r x y <<< {sq('q:' + first)}; $y {rest}"
    yield "mapfile", f"mapfile -t x <<< {first}; ${{x[0]}} {rest}"
    yield "echo", f"$(echo {first}) {rest}"
    yield "backquotes", f"`echo {first}` {rest}"
    yield "printf", f"$(printf %s {first}) {rest}"
    yield "printf octal", f"$(printf {sq(octal(first))}) {rest}"
    yield "printf hex", f"$(printf {sq(hexed(first))}) {rest}"
    yield "printf b", f"$(printf %b {sq(octal(first).replace(chr(92), chr(92) + '0'))}) {rest}"
    yield "echo -e", f"$(echo -e {sq(hexed(first))}) {rest}"
    yield "cat here", f"$(cat <<'E'\n{first}\nE\n) {rest}"
    yield "rev word", f"$(rev <<< {first[::-1]}) {rest}"
    yield "tr word", f"$(echo {first.upper()} | tr A-Z a-z) {rest}"
    yield "tr -d", f"$(echo {'#'.join(first)} | tr -d '#') {rest}"
    yield "cut", f"$(echo x:{first}:y | cut -d: -f2) {rest}"
    yield "awk word", f"$(echo x {first} | awk '{{print $2}}') {rest}"
    yield "sed word", f"$(echo Z{first} | sed 's/Z//g') {rest}"
    yield "head", f"$(echo {first}xyz | head -c {len(first)}) {rest}"
    yield "base64 word", f"$(echo {b64(first)} | base64 -d) {rest}"
    yield "base64 word here", f"$(base64 -d <<< {b64(first)}) {rest}"
    yield "function args", f"f() {{ \"$@\"; }}; f {' '.join(words)}"
    yield "function $1", f"f() {{ $1 {rest}; }}; f {first}"
    yield "function twice", f"g() {{ $*; }}; f() {{ g \"$@\"; }}; f {' '.join(words)}"
    yield "local", f"f() {{ local c={first}; $c {rest}; }}; f"
    yield "function output", f"n() {{ echo {first}; }}; $(n) {rest}"
    yield "loop letters", "x=; for c in " + " ".join(first) + f"; do x=$x$c; done; $x {rest}"
    yield "loop words", f"for c in {first}; do $c {rest}; done"
    yield "alias", f"shopt -s expand_aliases\nalias zz={first}\nzz {rest}"
    yield "case word", f"case x in x) c={first};; esac; $c {rest}"
    yield "xargs", f"echo {sq(rest)} | xargs {first}" if rest else f"echo | xargs {first}"
    yield "xargs name", f"echo {sq(' '.join(words))} | xargs env"
    yield "find -exec", f"find . -maxdepth 0 -exec {' '.join(words)} \\;"
    for wrapper in ["sudo", "sudo -E", "sudo -u root", "env", "env -i A=1", "nice -n 5", "timeout 9", "timeout -k 1 9s", "nohup", "setsid",
                    "stdbuf -oL", "command", "exec", "time", "\\time", "builtin command", "ionice -c 3", "doas", "busybox", "unshare -r",
                    "flock /tmp/l", "chrt -b 0", "taskset 1", "strace -f", "A=1", "! ", "systemd-run --wait", "coproc"]:
        yield "wrapper " + wrapper, f"{wrapper} {' '.join(words)}"
    yield "parallel", f"parallel {first} ::: {sq(rest)}" if rest else f"parallel ::: {first}"
    yield "path", f"/usr/bin/{first} {rest}"
    yield "subshell of one", f"({' '.join(words)})"
    yield "split string", f"env -S {sq(' '.join(words))}"


# ---- the whole text, given to a shell

ENCODERS = [
    ("base64", lambda t: f"echo {b64(t)} | base64 -d"),
    ("base64 long", lambda t: f"printf %s {b64(t)} | base64 --decode"),
    ("base64 here", lambda t: f"base64 -d <<< {sq(b64(t))}"),
    ("base64 document", lambda t: f"base64 -d <<'E'\n{b64(t)}\nE"),
    ("base64 twice", lambda t: f"echo {b64(b64(t))} | base64 -d | base64 -d"),
    ("base32", lambda t: f"echo {base64.b32encode(t.encode()).decode()} | base32 -d"),
    ("xxd", lambda t: f"echo {t.encode().hex()} | xxd -r -p"),
    ("hex escapes", lambda t: f"printf {sq(hexed(t))}"),
    ("octal escapes", lambda t: f"printf {sq(octal(t))}"),
    ("echo -e", lambda t: f"echo -e {sq(hexed(t))}"),
    ("rev", lambda t: f"echo {sq(t[::-1])} | rev"),
    ("rot13", lambda t: f"echo {sq(rot13(t))} | tr 'A-Za-z' 'N-ZA-Mn-za-m'"),
    ("gzip", lambda t: f"echo {base64.b64encode(gzip.compress(t.encode(), mtime=0)).decode()} | base64 -d | gunzip"),
    ("gzip -dc", lambda t: f"echo {base64.b64encode(gzip.compress(t.encode(), mtime=0)).decode()} | base64 -d | gzip -dc"),
    ("zcat", lambda t: f"base64 -d <<< {base64.b64encode(gzip.compress(t.encode(), mtime=0)).decode()} | zcat"),
    ("openssl", lambda t: f"echo {b64(t)} | openssl enc -d -base64 -A"),
    ("openssl base64", lambda t: f"echo {b64(t)} | openssl base64 -d -A"),
    ("sed", lambda t: f"echo {sq('@@'.join(t))} | sed 's/@@//g'"),
    ("tr -d", lambda t: f"echo {sq('~~'.join(t).replace('~~', '%'))} | tr -d '%'"),
    ("python b64", lambda t: f"python3 -c \"import base64; print(base64.b64decode('{b64(t)}').decode())\""),
    ("perl pack", lambda t: f"perl -e 'print pack(\"H*\",\"{t.encode().hex()}\")'"),
    ("perl b64", lambda t: f"perl -MMIME::Base64 -e 'print decode_base64(\"{b64(t)}\")'"),
    ("awk print", lambda t: f"awk 'BEGIN{{print \"{t}\"}}'" if not set(t) & set("'\"\\") else f"echo {sq(t)}"),
    ("echo", lambda t: f"echo {sq(t)}"),
    ("printf", lambda t: f"printf '%s\\n' {sq(t)}"),
    ("cat", lambda t: f"cat <<'E'\n{t}\nE"),
    ("url", lambda t: "python3 -c \"import urllib.parse; print(urllib.parse.unquote('" +
     "".join(f"%{byte:02X}" for byte in t.encode()) + "'))\""),
]

SINKS = [
    ("| sh", lambda e: f"{e} | sh" if "<<'E'" not in e else e.replace("<<'E'", "<<'E' | sh", 1)),
    ("| bash -s", lambda e: f"{e} | bash -s" if "<<'E'" not in e else e.replace("<<'E'", "<<'E' | bash -s", 1)),
    ("eval", lambda e: f"eval \"$({e}\n)\""),
    ("bash -c", lambda e: f"bash -c \"$({e}\n)\""),
    ("bash <()", lambda e: f"bash <({e}\n)"),
    ("source <()", lambda e: f"source <({e}\n)"),
    ("here-string", lambda e: f"bash <<< \"$({e}\n)\""),
    ("source stdin", lambda e: f"{e} | source /dev/stdin" if "<<'E'" not in e else e.replace("<<'E'", "<<'E' | . /dev/stdin", 1)),
    ("file", lambda e: (e.replace("<<'E'", "> /tmp/w.sh <<'E'", 1) if "<<'E'" in e else e + " > /tmp/w.sh") + "\nbash /tmp/w.sh"),
    ("variable", lambda e: f"v=$({e}\n); eval \"$v\""),
    ("bare", lambda e: f"`{e}`" if "\\" not in e and "<<" not in e and "`" not in e else f"eval $({e}\n)"),
]


def python_string(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def interpreter_rewrites(text, rng):
    py, double = python_string(text), '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("@", "\\@") + '"'
    half = len(text) // 2
    codes = "[" + ",".join(str(ord(c)) for c in text) + "]"
    programs = [
        ("python system", "python3 -c", f"import os; os.system({py})"),
        ("python subprocess", "python3 -c", f"import subprocess as s\ns.run({py}, shell=True)"),
        ("python list", "python3 -c", f"import subprocess; subprocess.call(['sh', '-c', {py}])"),
        ("python halves", "python3 -c", f"import os; os.system({python_string(text[:half])} + {python_string(text[half:])})"),
        ("python b64", "python3 -c", f"import base64,os; os.system(base64.b64decode('{b64(text)}').decode())"),
        ("python chr", "python3 -c", f"import os; os.system(''.join(chr(c) for c in {codes}))"),
        ("python join map", "python3 -c", f"import os; os.system(''.join(map(chr, {codes})))"),
        ("python hex", "python3 -c", f"import os; os.system(bytes.fromhex('{text.encode().hex()}').decode())"),
        ("python reversed", "python3 -c", f"import os; os.system({python_string(text[::-1])}[::-1])"),
        ("python variable", "python3 -c", f"import os; c = {py}; os.popen(c)"),
        ("python exec", "python3 -c", f"exec(\"import os; os.system({py.replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34))})\")"),
        ("python __import__", "python3 -c", f"__import__('os').system({py})"),
        ("perl system", "perl -e", f"system({double})"),
        ("perl bare", "perl -e", f"system {double};"),
        ("perl exec", "perl -e", f"exec {double}"),
        ("perl pack", "perl -e", f"system(pack(\"H*\", \"{text.encode().hex()}\"))"),
        ("perl b64", "perl -MMIME::Base64 -e", f"system(decode_base64(\"{b64(text)}\"))"),
        ("ruby system", "ruby -e", f"system({double})"),
        ("ruby exec", "ruby -e", f"exec {double}"),
        ("ruby unpack", "ruby -e", f"system(\"{b64(text)}\".unpack1(\"m\"))"),
        ("node execSync", "node -e", f"require('child_process').execSync({py})"),
        ("node b64", "node -e", f"require('child_process').execSync(Buffer.from('{b64(text)}', 'base64').toString())"),
        ("node fromCharCode", "node -e",
         f"require('child_process').exec(String.fromCharCode({codes[1:-1]}))"),
        ("php system", "php -r", f"system({py});"),
        ("php b64", "php -r", f"shell_exec(base64_decode('{b64(text)}'));"),
        ("lua", "lua -e", f"os.execute({py})"),
    ]
    if not set(text) & set("\\\""):
        programs.append(("awk system", "awk", f"BEGIN{{system(\"{text}\")}}"))
    for name, program, code in programs:
        yield name, f"{program} {rng.choice([sq, dq])(code)}"
    yield "python stdin", f"python3 - <<'E'\nimport os\nos.system({py})\nE"
    yield "python pipe", f"echo {sq('import os; os.system(' + py + ')')} | python3 -"
    yield "git pager", f"git -c core.pager={sq(text)} log"
    yield "git alias", f"git -c alias.z={sq('!' + text)} z"
    yield "tar checkpoint", f"tar cf /dev/null x --checkpoint=1 --checkpoint-action=exec={sq(text)}"
    yield "tar to-command", f"tar xf x.tar --to-command={sq(text)}"
    yield "vim", f"vim -c {sq(':!' + text)} -c q"
    yield "vim -es", f"vim -es -c {sq('!' + text)} -c q"
    yield "sqlite", f"sqlite3 :memory: {sq('.shell ' + text)}"
    yield "psql", f"psql -c {sq(chr(92) + '! ' + text)}"
    yield "script", f"script -q -c {sq(text)} /dev/null"
    yield "su", f"su -c {sq(text)}"
    yield "runuser", f"runuser -u root -- sh -c {sq(text)}"
    yield "watch", f"watch -n 1 {sq(text)}"
    yield "busybox sh", f"busybox sh -c {sq(text)}"
    yield "env sh", f"env -i /bin/sh -c {sq(text)}"
    yield "xargs sh", f"echo x | xargs -I{{}} sh -c {sq(text)}"
    yield "find sh", f"find . -maxdepth 0 -exec sh -c {sq(text)} \\;"
    yield "parallel", f"parallel ::: {sq(text)}"
    yield "ed", f"printf '%s\\n' {sq('!' + text)} q | ed"
    yield "gdb", f"gdb -batch -ex {sq('shell ' + text)}"
    yield "make", f"make -f - <<'E'\nall:\n\t{text.replace('$', '$$')}\nE"
    yield "expect", f"expect -c {sq('spawn sh -c {' + text + '}')}"


def script_rewrites(text, rng):
    yield "eval", f"eval {rng.choice([sq, dq])(text)}"
    yield "bash -c", f"bash -c {rng.choice([sq, dq])(text)}"
    yield "sh -ec", f"sh -ec {sq(text)}"
    yield "bash -c twice", f"bash -c {dq('bash -c ' + sq(text))}"
    yield "eval eval", f"eval eval {sq(sq(text))}"
    yield "trap", f"trap {sq(text)} EXIT"
    yield "function", f"f() {{ {text}\n}}; f"
    yield "function keyword", f"function go {{ {text}\n}}\ngo"
    yield "group", f"{{ {text}\n}}"
    yield "subshell", f"( {text}\n)"
    yield "if", f"if true; then {text}\nfi"
    yield "and", f"true && {text}"
    yield "or", f"false || {text}"
    yield "background", f"{text} &"
    yield "loop", f"for i in 1; do {text}\ndone"
    yield "while", f"while :; do {text}\nbreak; done"
    yield "case", f"case a in a) {text} ;; esac"
    yield "substitution", f": $({text}\n)"
    yield "backquotes", f": `{text}`" if "`" not in text and "\\" not in text else f": $({text}\n)"
    yield "process", f"cat <({text}\n)"
    yield "here-document", f"bash <<'E'\n{text}\nE"
    yield "open here-document", f"sh <<E\n{text}\nE" if not set(text) & set("\\$`") else f"sh <<'E'\n{text}\nE"
    yield "here-string", f"bash <<< {sq(text)}"
    yield "cat document", f"cat <<'E' | bash\n{text}\nE"
    yield "script file", f"cat > /tmp/a.sh <<'E'\n{text}\nE\nchmod +x /tmp/a.sh && /tmp/a.sh"
    yield "echo file", f"echo {sq(text)} > a.sh; sh a.sh"
    yield "tee file", f"echo {sq(text)} | tee /tmp/b.sh; . /tmp/b.sh"
    yield "variable", f"c={sq(text)}; eval \"$c\""
    yield "variable bash", f"c={sq(text)}; bash -c \"$c\""
    yield "variable pipe", f"c={sq(text)}; echo \"$c\" | sh"
    yield "positional of -c", f"bash -c 'eval \"$1\"' _ {sq(text)}"
    yield "args of -c", f"bash -c '\"$@\"' _ bash -c {sq(text)}"
    yield "coproc", f"coproc {{ {text}\n}}"
    yield "time", f"time {text}"
    yield "negated", f"! {text}"
    yield "PROMPT_COMMAND", f"PROMPT_COMMAND={sq(text)} bash -i"
    yield "BASH_ENV", f"bash -c \"$(printf '%s' {sq(text)})\""
    yield "array joined", f"c=({' '.join(map(sq, text.split(' ')))}); eval \"${{c[*]}}\""


def rewrites(text, simple, rng):
    """All rewrites of one command, as (name, text)."""
    if simple:
        yield from word_rewrites(shlex.split(text), rng)
    yield from script_rewrites(text, rng)
    yield from interpreter_rewrites(text, rng)
    # A bare substitution is cut into words and nothing more, which suits simple commands only.
    sinks = SINKS if simple else SINKS[:-1]
    for encoder, encode in ENCODERS:
        sink, give = rng.choice(sinks)
        yield f"{encoder} {sink}", give(encode(text))
    # Two at once: what was encoded is given to a shell that another one starts.
    for _ in range(6):
        encoder, encode = rng.choice(ENCODERS)
        sink, give = rng.choice(sinks)
        yield f"bash -c of {encoder} {sink}", f"bash -c {sq(give(encode(text)))}"
