"""Draws who writes which types into docs/fhir.md, and what no import brings into docs/import.md.

python -m tools.writers writes it; a test compares it with the table.
"""

from pathlib import Path

from lianyi.kernel.text import words
from lianyi.records.rules.historical import KEPT_OUT, NOT_OVER, OVER, SIGNED
from lianyi.records.rules.writable import GROUPS, Group, Writer

FILE = Path(__file__).parent.parent / "docs" / "fhir.md"
IMPORTS = FILE.parent / "import.md"
KEPT = "<!-- kept out -->\n"
BEGIN, END = "<!-- who writes what -->\n", "<!-- so far -->\n"
KINDS = (Writer.PERSON, Writer.STAFF, Writer.SERVICE, Writer.SOURCE)


def drawn() -> str:
    """Return the page with the table as it should be."""
    return _with(FILE, BEGIN, table())


def imports_drawn() -> str:
    """Return the page of imports with its table as it should be."""
    lines = [("Types", "Why"), ("---", "---")]
    lines += [(", ".join(one.types), _why(one.rule)) for one in KEPT_OUT]
    lines += [(", ".join(OVER), _why(NOT_OVER)), ("Provenance with a signature", _why(SIGNED))]
    return _with(IMPORTS, KEPT, "".join(f"| {types} | {why} |\n" for types, why in lines))


def _why(rule: str) -> str:
    told = words(f"records.{rule}", "en", {"where": ""}).lstrip(": ")
    return f"{told[0].upper()}{told[1:]}."


def _with(file: Path, begin: str, content: str) -> str:
    before, _, rest = file.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(END)
    return f"{before}{begin}{content}{END}{after}"


def table() -> str:
    heads = ["Types", *(words(f"records.writer.{kind}", "en") for kind in KINDS), "Otherwise"]
    lines = [heads, ["---"] * len(heads), *(_line(group) for group in GROUPS)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _line(group: Group) -> list[str]:
    instead = words(f"records.write.{group.name}", "en", {"type": "resource of these types"})
    marks = ["yes" if kind in group.writers else "" for kind in KINDS]
    return [", ".join(group.types), *marks, instead]


if __name__ == "__main__":
    FILE.write_text(drawn(), encoding="utf-8")
    IMPORTS.write_text(imports_drawn(), encoding="utf-8")
