"""A value in other clothes. Each takes (text, rng) and gives what stands in the planted text."""
import base64
import codecs
import quopri

LOOK_ALIKE = {"a": "\u0430", "e": "\u0435", "o": "\u043e", "p": "\u0440", "c": "\u0441", "i": "\u0456", "s": "\u0455", "n": "\u0578", "u": "\u057d", "r": "\u0433"}
LEET = str.maketrans("aeiost", "431057")
SIGNS = {"@": " at ", ".": " dot ", "/": " slash ", "-": " dash ", ":": " colon "}
DIGITS = "zero one two three four five six seven eight nine".split()


def imitate(text, rng):
    """Some letters become letters of other scripts that look the same; at least one does."""
    places = [i for i, c in enumerate(text) if c in LOOK_ALIKE]
    chosen = set(rng.sample(places, max(1, len(places) // 2))) if places else set()
    return "".join(LOOK_ALIKE[c] if i in chosen else c for i, c in enumerate(text)) if places else "\uff0e".join(text.split("."))


def between(mark):
    def put(text, rng):
        at = rng.randrange(1, len(text) - 1)
        return text[:at] + mark + text[at:]
    return put


def spelled(text, _):
    return "".join(SIGNS.get(c, c) for c in text)


def number_words(text, _):
    return " ".join(DIGITS[int(c)] if c.isdigit() else SIGNS.get(c, c).strip() for c in text)


DISGUISES = {
    "base64": lambda text, _: base64.b64encode(text.encode()).decode(),
    "base32": lambda text, _: base64.b32encode(text.encode()).decode(),
    "hexadecimal": lambda text, _: text.encode().hex(),
    "percent": lambda text, _: "".join(f"%{b:02X}" for b in text.encode()),
    "percent-of-signs": lambda text, _: "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in text),
    "character-references": lambda text, rng: "".join(f"&#{ord(c)};" if rng.random() < 0.5 else f"&#x{ord(c):x};" for c in text),
    "json-escapes": lambda text, _: "".join(f"\\u{ord(c):04x}" for c in text),
    "c-escapes": lambda text, rng: "".join(f"\\x{ord(c):02x}" if rng.random() < 0.5 else f"\\{ord(c):03o}" for c in text),
    "quoted-printable": lambda text, _: "".join(f"={b:02X}" for b in text.encode()) if len(text) < 20 else quopri.encodestring(text.encode(), quotetabs=True).decode().replace("a", "=61"),
    "rot13": lambda text, _: codecs.encode(text, "rot13"),
    "reversed": lambda text, _: text[::-1],
    "leetspeak": lambda text, _: text.translate(LEET),
    "spelled-out": spelled,
    "number-words": number_words,
    "spaced-letters": lambda text, _: " ".join(text),
    "base64-twice": lambda text, _: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "base64-of-percent": lambda text, _: base64.b64encode("".join(f"%{b:02X}" for b in text.encode()).encode()).decode(),
    "tag-characters": lambda text, _: "".join(chr(0xE0000 + ord(c)) for c in text),
    "homoglyphs": imitate,
    "full-width": lambda text, _: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "zero-width": between("\u200b"),
    "soft-hyphen": between("\u00ad"),
    "bidi": lambda text, _: "\u202e" + text[::-1] + "\u202c",
    "case": lambda text, rng: "".join(c.upper() if rng.random() < 0.5 else c for c in text),
}

# What still is the same address when it is written so in a call: the model passes it on as it stands.
PASSED_ON = ["homoglyphs", "full-width", "zero-width", "soft-hyphen", "bidi", "case", "tag-characters", "percent-of-signs"]


def addresses(ip):
    """The same host, in the ways that a client reads an IPv4 address."""
    a, b, c, d = ip
    number = (a << 24) | (b << 16) | (c << 8) | d
    return {
        "dotted": f"{a}.{b}.{c}.{d}", "decimal": str(number), "hexadecimal": hex(number), "octal": "0" + oct(number)[2:],
        "dotted-octal": ".".join("0" + oct(part)[2:] for part in ip), "dotted-hex": ".".join(hex(part) for part in ip),
        "three-parts": f"{a}.{b}.{(c << 8) | d}", "mapped": f"[::ffff:{a:02x}{b:02x}:{c:02x}{d:02x}]",
        "trailing-dot": f"{a}.{b}.{c}.{d}.",
    }
