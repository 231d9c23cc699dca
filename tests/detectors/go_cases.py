"""The positive and negative cases that gitleaks keeps beside its rules, read out of their Go source: lists of strings
named `tps` and `fps` in each function. Read as data; nothing is built or run. Secrets that gitleaks makes up at random
are made up here by the same expression, from a fixed seed."""

import random
import re
import re._parser as expressions
import string

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|`[^`]*`|"(?:\\.|[^"\\\n])*"|[A-Za-z_][\w.]*|:=|\.\.\.|\s+|.', re.S)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}
SHAPES = {
    "utils.Numeric": "[0-9]{%s}",
    "utils.Hex": "[a-f0-9]{%s}",
    "utils.AlphaNumeric": "[a-z0-9]{%s}",
    "utils.AlphaNumericExtendedShort": "[a-z0-9_-]{%s}",
    "utils.AlphaNumericExtended": r"[a-z0-9=_\-]{%s}",
    "utils.AlphaNumericExtendedLong": r"[a-z0-9\/=_\+\-]{%s}",
}
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class Made(str):
    """A case in which something was made up, or filled into a form."""


def literal(token):
    if token[0] == "`":
        return token[1:-1]
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[0]), token[1:-1])


def sample(regex, chance):
    """A text that the expression matches, chosen by chance."""

    def characters(parsed):
        chosen, negated = [], False
        for kind, value in parsed:
            if str(kind) == "NEGATE":
                negated = True
            elif str(kind) == "LITERAL":
                chosen.append(chr(value))
            elif str(kind) == "RANGE":
                chosen += [chr(code) for code in range(value[0], value[1] + 1)]
            elif str(kind) == "CATEGORY":
                words = string.ascii_letters + string.digits + "_"
                chosen += {"CATEGORY_DIGIT": string.digits, "CATEGORY_WORD": words}.get(str(value), "x")
        return [c for c in string.printable[:94] if c not in chosen] if negated else chosen

    def made(parsed):
        text = ""
        for kind, value in parsed:
            kind = str(kind)
            if kind == "LITERAL":
                text += chr(value)
            elif kind == "IN":
                text += chance.choice(characters(value))
            elif kind in ("MAX_REPEAT", "MIN_REPEAT"):
                least, most, part = value
                most = min(int(most), least + 20) if str(most) != "MAXREPEAT" else least + 20
                text += "".join(made(part) for _ in range(chance.randint(least, most)))
            elif kind == "SUBPATTERN":
                text += made(value[3])
            elif kind == "BRANCH":
                text += made(chance.choice(value[1]))
            elif kind in ("AT",):
                pass
            else:
                text += chance.choice(string.ascii_lowercase)
        return text

    plain = re.sub(r"\(\?-?[a-z]+\)", "", regex)
    plain = re.sub(r"\(\?-?[a-z]+:", "(?:", plain).replace("[[:alnum:]]", "[A-Za-z0-9]")
    return made(expressions.parse(plain))


class Reader:
    def __init__(self, source, forms, chance):
        self.tokens = [t for t in TOKEN.findall(source) if not t.isspace() and t[:2] not in ("//", "/*")]
        self.at, self.forms, self.chance = 0, forms, chance
        self.names, self.cases = {}, []

    def take(self, wanted=None):
        token = self.tokens[self.at]
        if wanted and token != wanted:
            raise ValueError(f"{wanted} expected, {token} found")
        self.at += 1
        return token

    def peek(self, ahead=0):
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else ""

    def read(self):
        while self.at < len(self.tokens):
            if self.peek() == "func":
                self.names = {}
            if self.peek() in ("utils.Validate", "utils.ValidateWithPaths"):
                for name, kind in (("tps", "positive"), ("fps", "negative")):
                    self.cases += [(kind, case) for case in self.names.get(name) or []]
            if re.fullmatch(r"[a-z_]\w*", self.peek()) and self.peek(1) in (":=", "=") and self.peek(2) != "=":
                name, start = self.peek(), self.at
                self.at += 2
                try:
                    self.names[name] = self.expression()
                except (ValueError, IndexError, KeyError, TypeError):
                    self.at = start + 2
                continue
            self.at += 1
        return self.cases

    def expression(self):
        value = self.term()
        while self.peek() == "+":
            self.take()
            other = self.term()
            kind = Made if isinstance(value, Made) or isinstance(other, Made) else str
            value = kind(value + other)
        return value

    def term(self):
        token = self.take()
        if token[0] in '"`':
            return literal(token)
        if token == "[":
            self.take("]"), self.take("string")
            return self.items("{", "}")
        if token == "map":
            for part in ("[", "string", "]", "string"):
                self.take(part)
            return self.items("{", "}")
        if token == "nil":
            return []
        if self.peek() == "(":
            return self.call(token, self.items("(", ")"))
        return self.names[token]

    def items(self, opening, closing):
        self.take(opening)
        values = []
        while self.peek() != closing:
            value = self.expression()
            if self.peek() == ":":
                self.take()
                value = self.expression()
            if self.peek() == "...":
                self.take()
                values += value
            else:
                values.append(value)
            if self.peek() == ",":
                self.take()
        self.take(closing)
        return values

    def call(self, name, values):
        if name == "append":
            head, *rest = values
            return (head if isinstance(head, list) else [head]) + rest
        if name in SHAPES:
            return SHAPES[name] % values[0]
        if name == "utils.Hex8_4_4_4_12":
            return UUID
        if name in ("secrets.NewSecret", "newPlausibleSecret"):
            return Made(sample(values[0], self.chance))
        if name == "utils.GenerateSampleSecret":
            return Made(f'{values[0]}_api_token = "{values[1]}"')
        if name == "utils.GenerateSampleSecrets":
            return [Made(form.replace("{i}", values[0]).replace("{I}", values[0].upper()).replace("{s}", values[1]))
                    for form in self.forms]
        if name == "fmt.Sprintf":
            return Made(re.sub("%[sdv]", lambda _: str(values.pop(1)), values[0]))
        raise ValueError(f"`{name}` is not known")


def forms(source):
    """The forms of an assignment that gitleaks fills in."""
    body = source[source.index("samples := map[string]string{"):source.index("replacer :=")]
    tokens = [t for t in TOKEN.findall(body) if not t.isspace() and t[:2] not in ("//", "/*")]
    return [literal(tokens[at + 2]) for at in range(len(tokens) - 2)
            if tokens[at][0] == '"' and tokens[at + 1] == ":" and tokens[at + 2][0] in '"`']


def cases(rules, generate):
    """`rules`: name of a file and its source; `generate`: the source with the forms. Each case once, with its kind."""
    chance = random.Random(1)
    filled, seen = forms(generate), {}
    for name in sorted(rules):
        for kind, case in Reader(rules[name], filled, chance).read():
            seen.setdefault((kind, str(case)), case)
    return [(kind, case) for (kind, _), case in seen.items()]
