"""What an outpatient record (门诊病历) must say before it is signed. Pure.

The parts are those of 病历书写基本规范 (2010) for an outpatient's first record.
"""

import html
import re
from collections.abc import Iterator

from lianyi.records.model import Note

TEXTS = ("complaint", "present", "past", "findings", "treatment", "advice")
BREAK, TAG = re.compile(r"<br\s*/?>|</p>|</li>|</tr>"), re.compile(r"<[^>]*>")
REASON_MIN = 2  # characters


def missing(note: Note) -> Iterator[str]:
    """Return the parts that say nothing. "None" is an answer to be given, never a blank."""
    yield from (name for name in TEXTS if not getattr(note, name).strip())
    if note.allergies is None:
        yield "allergies"
    if not note.diagnoses:
        yield "diagnoses"


def is_reason(text: str) -> bool:
    return len(text.strip()) >= REASON_MIN


def spoken(div: str) -> str:
    """Return the words of a section's XHTML, line by line; `narrative` wrote ours."""
    return html.unescape(TAG.sub("", BREAK.sub("\n", div))).strip()


def narrative(text: str) -> str:
    """Return a text as the XHTML of a section."""
    lines = "<br/>".join(html.escape(line) for line in text.strip().splitlines())
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{lines}</div>'
