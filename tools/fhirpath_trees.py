"""Reads FHIRPath: an expression as a tree. Source: FHIRPath 2.0.0 (N1), its grammar.

Only what the invariants of R4 say is read; whatever else there is stops the build.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:\\.|[^'\\])*')|(?P<number>\d+(?:\.\d+)?)|`(?P<quoted>[^`]+)`"
    r"|(?P<name>[%$]?[A-Za-z_]\w*)|(?P<sign><=|>=|!=|[=<>|&+\-().,\[\]]))"
)
# From the loosest binding to the tightest.
LEVELS = (
    ("implies",),
    ("or", "xor"),
    ("and",),
    ("in", "contains"),
    ("=", "!="),
    ("<", ">", "<=", ">="),
    ("|",),
    ("is", "as"),
    ("+", "&"),
)


class CanNot(Exception):
    """An expression says what is not compiled; the reason in words."""


@dataclass(frozen=True)
class Node:
    """One step of an expression: what it is, what it says, and what it is said of."""

    kind: str  # name, call, sign, text, number, truth, variable, this
    word: str
    parts: tuple["Node | None", ...] = ()


def parse(text: str) -> Node:
    """Return the tree of an expression.

    :raises CanNot:
    """
    reader = Reader(list(tokens(text)))
    tree = reader.level(0)
    if reader.left:
        raise CanNot(f"what is {reader.left[0][1]!r}?")
    return tree


def tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise CanNot(f"what is {text[at : at + 9]!r}?")
        at = found.end()
        yield str(found.lastgroup), found[str(found.lastgroup)]


class Reader:
    """Reads tokens one after the other, by recursive descent."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        self.left = found

    def level(self, n: int) -> Node:
        if n == len(LEVELS):
            return self.chain()
        tree = self.level(n + 1)
        while self.left and self.left[0][1] in LEVELS[n] and self.left[0][0] in {"name", "sign"}:
            word = self.left.pop(0)[1]
            tree = Node("sign", word, (tree, self.level(n + 1)))
        return tree

    def chain(self) -> Node:
        tree = self.step(None)
        while self.next("."):
            tree = self.step(tree)
        return tree

    def step(self, base: Node | None) -> Node:
        kind, word = self.left.pop(0)
        match kind:
            case "string":
                return Node("text", unescaped(word[1:-1]))
            case "number":
                return Node("number", word)
            case "sign" if word == "(":
                tree = self.level(0)
                self.need(")")
                return tree
            case "name" | "quoted":
                return self.named(word, base, quoted=kind == "quoted")
        raise CanNot(f"what is {word!r}?")

    def named(self, word: str, base: Node | None, *, quoted: bool) -> Node:
        if not quoted:
            if word in {"true", "false"}:
                return Node("truth", word)
            if word == "$this":
                return Node("this", word)
            if word.startswith("%"):
                return Node("variable", word)
            if self.next("("):
                return Node("call", word, (base, *self.arguments()))
        return Node("name", word, (base,))

    def arguments(self) -> Iterator[Node]:
        while not self.next(")"):
            yield self.level(0)
            self.next(",")

    def next(self, sign: str) -> bool:
        if self.left and self.left[0] == ("sign", sign):
            self.left.pop(0)
            return True
        return False

    def need(self, sign: str) -> None:
        if not self.next(sign):
            raise CanNot(f"no {sign!r}")


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text)
