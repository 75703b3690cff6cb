"""Brings the English catalogue up to date with what pages say: `make messages`.

New sentences are added untranslated, which a test refuses; sentences no page says are dropped.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src/lianyi"
ENGLISH = SOURCE / "locale/en/LC_MESSAGES/messages.po"
READERS = [("web/**.py", "python"), ("web/templates/**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {"_": None, "mark": None, "gettext": None, "ngettext": (1, 2)}
NOISE = ('"Project-', '"Report-', '"Last-', '"POT-', '"PO-', '"Language-Team', '"Generated-')
OPTIONS = {
    "web/templates/**.html": {"silent": "false", "trimmed": "true", "extensions": "jinja2.ext.do"}
}


def said() -> Catalog:
    """Return every sentence of the pages."""
    catalogue = Catalog()
    found = extract_from_dir(SOURCE, READERS, OPTIONS, KEYWORDS)
    for _file, _line, message, _comments, context in found:
        catalogue.add(message, context=context)
    return catalogue


def english() -> Catalog:
    with ENGLISH.open("rb") as source:
        return read_po(source, locale="en")


def main() -> int:
    catalogue = english()
    catalogue.update(said(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = "# What pages say, in English. `make messages` adds what is new."
    for message in catalogue:
        message.locations = []
    with ENGLISH.open("wb") as target:
        write_po(target, catalogue, width=0, sort_output=True, omit_header=False)
    lines = ENGLISH.read_text("utf-8").splitlines()
    kept = (line for line in lines if not line.startswith(NOISE))
    ENGLISH.write_text("\n".join(kept).rstrip() + "\n", "utf-8")
    left = [m.id for m in catalogue if m.id and not m.string]
    print(f"{len(left)} sentences have no English yet", *left, sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
