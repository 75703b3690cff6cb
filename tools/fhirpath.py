"""Compiles the FHIRPath of R4's invariants to Python, with the types of elements known beforehand.

An expression becomes one Python expression over `n` (the element), `resource` and `root`, in the
words of `lianyi.records.rules.validity.paths`. A collection is a list; a truth is True, False or,
where FHIRPath answers with nothing, None. Source: FHIRPath 2.0.0 (N1), FHIR R4 2.9.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from fhirpath_trees import CanNot, Node, parse
from searching import Elements

TRUTHS = {"and", "or", "xor", "implies"}
COMPARED = {"=": "same", "!=": "differ", "in": "among", "contains": "among"}
JOINED = {"&": "joined", "+": "plus", "|": "union"}
COUNTED = {"<", "<=", ">", ">="}
SPANS = {"date", "dateTime", "instant"}
UCUM = "http://unitsofmeasure.org"
DYNAMIC: tuple[str, ...] = ()  # the type of what is only known when it is seen


@dataclass(frozen=True)
class Code:
    """Python for a part of an expression. `kind`: a list, or a truth: sure, or maybe None."""

    text: str
    kind: str = "list"
    types: tuple[str, ...] = DYNAMIC
    members: tuple[str, ...] = ()  # where it is nothing but members of one element, these
    holder: str = ""  # and that element
    start: str = ""  # what is true wherever there is anything of it at all
    texts: tuple[str, ...] = ()  # where it is nothing but texts that the law spells out, these
    number: str = ""  # where it is one whole number, that without its list


@dataclass(frozen=True)
class Scope:
    """What a name is looked up in: a variable of the Python code, and its types."""

    variable: str
    types: tuple[str, ...]
    many: bool = False
    outer: "Scope | None" = None

    @property
    def first(self) -> "Scope":
        return self.outer.first if self.outer else self


@dataclass
class Writer:
    """Writes Python for a tree, in the types of R4's elements."""

    elements: Elements
    resources: frozenset[str]
    depth: int = field(default=0)
    held: dict[str, str] = field(default_factory=dict)

    def law(self, text: str, start: str) -> str:
        """Return the Python expression of an invariant of elements of type or path `start`.

        :raises CanNot:
        """
        self.held.clear()
        said = truth(self.of(parse(text), Scope("n", (start,)))).text
        if not self.held:
            return said
        return f"(lambda {', '.join(self.held)}: {said})({', '.join(self.held.values())})"

    def of(self, node: Node, scope: Scope) -> Code:
        """Write a part. What is the same for every item is asked once, before them all."""
        if scope.outer and is_fixed(node) and node.kind in {"name", "call", "sign"}:
            code = self.of(node, scope.first)
            name = f"h{len(self.held)}"
            self.held[name] = code.text
            return Code(name, code.kind, code.types)
        write = {"name": self.name, "call": self.call, "sign": self.sign}
        return write[node.kind](node, scope) if node.kind in write else literal(node, scope)

    def name(self, node: Node, scope: Scope, only: str = "") -> Code:
        """Go from an element to its member; `only` to that type of a choice."""
        (base,) = node.parts
        if base is None and node.word[0].isupper() and node.word in scope.types:
            return here(scope)
        held = here(scope) if base is None else self.of(base, scope)
        steps = [pair for type in held.types for pair in self.elements.step(type, node.word)]
        if only:
            steps = [pair for pair in steps if pair[1] == only]
        if not steps and held.types and "Resource" not in held.types:
            raise CanNot(f"no {node.word} in {' '.join(held.types)}")
        names = tuple(dict.fromkeys(name for name, _ in steps)) or (node.word,)
        types = tuple(dict.fromkeys(type for _, type in steps))
        said = "".join(f", {name!r}" for name in names)
        if base is None and not scope.many:
            start = f"{names[0]!r} in {scope.variable}" if is_complex(names, types) else ""
            return Code(f"get({scope.variable}{said})", "list", types, names, scope.variable, start)
        return Code(f"step({many(held).text}{said})", "list", types, start=held.start)

    def sign(self, node: Node, scope: Scope) -> Code:
        left, right = node.parts
        if node.word in {"is", "as"}:
            return self.typed(node.word, left, right, scope)
        a, b = self.of(left, scope), self.of(right, scope)
        if node.word in TRUTHS:
            self.depth += 1
            return joined(node.word, truth(a), truth(b), f"t{self.depth}")
        a, b = many(a), many(b)
        if plain := spelled_out(node.word, a, b):
            return plain
        both = f"({b.text}, {a.text})" if node.word == "contains" else f"({a.text}, {b.text})"
        if node.word in COMPARED:
            return Code(COMPARED[node.word] + both, "maybe")
        if node.word in COUNTED:
            spans = "spans" if {*a.types, *b.types} & SPANS else "values"
            return Code(f"compare({node.word!r}, {a.text}, {b.text}, {spans})", "maybe")
        types = tuple(dict.fromkeys(a.types + b.types)) if a.types else DYNAMIC
        return Code(JOINED[node.word] + both, "list", types)

    def typed(self, word: str, left: Node | None, right: Node | None, scope: Scope) -> Code:
        """Say whether something is of a type, or keep what is."""
        type = right.word if right and right.kind == "name" else ""
        if left is None or not type:
            raise CanNot(f"{word} without a type")
        if type in self.resources:
            kept = Code(f"of_type({many(self.of(left, scope)).text}, {type!r})", types=(type,))
        elif left.kind == "name":
            kept = self.name(left, scope, only=type[0].lower() + type[1:] if word == "is" else type)
        else:
            raise CanNot(f"{word} {type} of what is no choice")
        if word != "is":
            return kept
        return Code(f"kind_of({many(self.of(left, scope)).text}, {kept.text})", "maybe")

    def call(self, node: Node, scope: Scope) -> Code:
        base, *given = node.parts
        if node.word in {"is", "as", "ofType"}:
            word = "is" if node.word == "is" else "as"
            if base is None:
                base = Node("this", "$this")
            return self.typed(word, base, given[0], scope)
        held = here(scope) if base is None else self.of(base, scope)
        if node.word in EACH and given:
            return self.each(node.word, many(held), given[0], scope)
        if node.word == "iif":
            return self.iif(many(held), given, scope)
        if node.word in PLAIN:
            return PLAIN[node.word](held)
        if node.word not in WITH:
            raise CanNot(f"the function {node.word}()")
        kind, same = WITH[node.word]
        said = "".join(f", {many(self.of(one, scope)).text}" for one in given)
        if node.word == "resolve":
            said = ", root"
        text = f"{SPELLED.get(node.word, node.word)}({many(held).text}{said})"
        return Code(text, kind, held.types if same else DYNAMIC)

    def each(self, word: str, held: Code, given: Node, scope: Scope) -> Code:
        """Write what is asked of every item, and before them what is the same for all."""
        code = self.asked(word, held, given, scope)
        if scope.outer or not self.held:
            return code
        text = f"(lambda {', '.join(self.held)}: {code.text})({', '.join(self.held.values())})"
        self.held.clear()
        return replace(code, text=text)

    def asked(self, word: str, held: Code, given: Node, scope: Scope) -> Code:
        self.depth += 1
        item = f"x{self.depth}"
        said = self.of(given, Scope(item, held.types, outer=scope))
        match word:
            case "where":
                text = f"[{item} for {item} in {held.text} if {truth(said).text}]"
                return Code(text, "list", held.types, start=held.start)
            case "exists":
                return Code(f"any({truth(said).text} for {item} in {held.text})", "sure")
            case "all":
                return Code(f"all({truth(said).text} for {item} in {held.text})", "sure")
        if said.kind == "list":
            text = f"[y for {item} in {held.text} for y in {said.text}]"
            return Code(text, "list", said.types)
        return Code(f"[{said.text} for {item} in {held.text}]", "list", ("boolean",))

    def iif(self, held: Code, given: Iterable[Node], scope: Scope) -> Code:
        self.depth += 1
        inner = Scope(f"c{self.depth}", held.types, many=True, outer=scope)
        test, yes, *rest = (self.of(one, inner) for one in given)
        no = rest[0] if rest else Code("None", "maybe")
        if "list" in {yes.kind, no.kind}:
            yes, no = many(yes), many(no)
        text = f"({yes.text} if {truth(test).text} else {no.text})"
        kind = yes.kind if yes.kind == no.kind else "maybe"
        return Code(f"(lambda {inner.variable}: {text})({held.text})", kind)


def is_fixed(node: Node | None) -> bool:
    """Tell whether a part says nothing of the item that is looked at."""
    if node is None or node.kind == "this":
        return False
    return all(is_fixed(part) for part in node.parts)


def literal(node: Node, scope: Scope) -> Code:
    match node.kind:
        case "text":
            return Code(f"[{node.word!r}]", types=("string",), texts=(node.word,))
        case "number":
            return Code(f"[{node.word}]", types=("integer",), number=node.word)
        case "truth":
            return Code(node.word.capitalize(), "sure")
        case "this":
            return here(scope)
    return variable(node.word, scope)


def here(scope: Scope) -> Code:
    text = scope.variable if scope.many else f"[{scope.variable}]"
    return Code(text, "list", scope.types)


def variable(word: str, scope: Scope) -> Code:
    first = scope.first
    match word:
        case "%ucum":
            return Code(f"[{UCUM!r}]", types=("string",))
        case "%context":
            return Code(f"[{first.variable}]", types=first.types)
        case "%resource":
            return Code("[resource]", types=(first.types[0].split(".")[0],))
        case "%rootResource":
            return Code("[root]", types=("DomainResource",))
    raise CanNot(f"the variable {word}")


def many(code: Code) -> Code:
    """Return a collection: of a truth, what it is if it is known."""
    if code.kind == "list":
        return code
    return Code(f"[{code.text}]" if code.kind == "sure" else f"known({code.text})")


def truth(code: Code) -> Code:
    return Code(f"truth({code.text})", "maybe") if code.kind == "list" else code


def joined(word: str, a: Code, b: Code, name: str) -> Code:
    """Join truths. Only where one may be unknown it takes the three-valued tables.

    The second one is asked for only where the first doesn't decide; `name` keeps that one.
    """
    both = (a.text, b.text)
    if a.kind == b.kind == "sure":
        plain = {"xor": "({} != {})", "implies": "(not {} or {})"}
        return Code(plain.get(word, f"({{}} {word} {{}})").format(*both), "sure")
    if word == "xor":
        return Code("xor_({}, {})".format(*both), "maybe")
    decided = {
        "or": ("True", "is True"),
        "and": ("False", "is False"),
        "implies": ("True", "is False"),
    }
    answer, when = decided[word]
    text = f"({answer} if ({name} := {a.text}) {when} else {word}_({name}, {b.text}))"
    return Code(text, "maybe")


def spelled_out(word: str, a: Code, b: Code) -> Code | None:
    """Write what is known before any body is: most laws ask for codes that they spell out."""
    texts = tuple(dict.fromkeys(a.texts + b.texts))
    if word == "|" and a.texts and b.texts:
        return Code(f"[{', '.join(map(repr, texts))}]", "list", a.types, texts=texts)
    if word in COUNTED and a.number and b.number:
        return Code(f"({a.number} {word} {b.number})", "sure")
    is_fit = len(b.texts) > 1 if word == "in" else len(b.texts) == 1 and word in {"=", "!="}
    if not is_fit or len(a.members) != 1:
        return None
    said = f"says({a.holder}, {a.members[0]!r}, {b.texts!r})"
    return Code(f"not_({said})" if word == "!=" else said, "maybe")


def is_complex(names: tuple[str, ...], types: tuple[str, ...]) -> bool:
    """Tell whether a member is no choice and no primitive, which may be there as its twin."""
    return len(names) == 1 and bool(types) and types[0][0].isupper()


def exists(held: Code) -> Code:
    if not held.members:
        said = f"bool({many(held).text})"
        return Code(f"({held.start} and {said})" if held.start else said, "sure")
    if is_complex(held.members, held.types):
        return Code(f"({held.start})", "sure")
    spelled = sorted({*held.members, *(f"_{name}" for name in held.members)})
    if len(held.members) == 1:
        return Code(
            "({1!r} in {0} or {2!r} in {0})".format(held.holder, *reversed(spelled)), "sure"
        )
    return Code(f"has({held.holder}, {tuple(spelled)!r})", "sure")


def counted(number: str) -> Code:
    return Code(f"[{number}]", types=("integer",), number=number)


def is_not(held: Code) -> Code:
    one = truth(held)
    return Code(f"(not {one.text})" if one.kind == "sure" else f"not_({one.text})", one.kind)


EACH = {"where", "select", "all", "exists"}
PLAIN: dict[str, Callable[[Code], Code]] = {
    "exists": exists,
    "empty": lambda held: is_not(exists(held)),
    "not": is_not,
    "count": lambda held: counted(f"len({many(held).text})"),
    "first": lambda held: Code(f"{many(held).text}[:1]", types=held.types),
    "tail": lambda held: Code(f"{many(held).text}[1:]", types=held.types),
    "trace": lambda held: held,
}
# Functions that are words of their own: what they answer, and whether of the same type.
WITH = {
    "allFalse": ("sure", False),
    "children": ("list", False),
    "combine": ("list", True),
    "contains": ("maybe", False),
    "descendants": ("list", False),
    "hasValue": ("sure", False),
    "intersect": ("list", True),
    "isDistinct": ("sure", False),
    "matches": ("maybe", False),
    "replaceMatches": ("list", True),
    "resolve": ("list", False),
    "startsWith": ("maybe", False),
    "substring": ("list", True),
    "toInteger": ("list", False),
    "toString": ("list", False),
}
SPELLED = {
    "allFalse": "all_false",
    "contains": "holds_text",
    "hasValue": "has_value",
    "isDistinct": "distinct",
    "replaceMatches": "replaced",
    "startsWith": "begins",
    "toInteger": "to_integer",
    "toString": "to_text",
}
