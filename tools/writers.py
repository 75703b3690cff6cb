"""Draws who writes which types into docs/fhir.md, from the table that decides it.

python -m tools.writers writes it; a test compares it with the table.
"""

from pathlib import Path

from lianyi.kernel.text import words
from lianyi.records.rules.writable import GROUPS, Group, Writer

FILE = Path(__file__).parent.parent / "docs" / "fhir.md"
BEGIN, END = "<!-- who writes what -->\n", "<!-- so far -->\n"
KINDS = (Writer.PERSON, Writer.STAFF, Writer.SERVICE, Writer.SOURCE)


def drawn() -> str:
    """Return the page with the table as it should be."""
    before, _, rest = FILE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


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
