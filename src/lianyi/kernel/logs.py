"""Logs are JSON lines that hold ids and codes, never a value of a person.

The message of an exception may quote a row or a form, so only its type and place are written.
"""

import logging
import sys
import traceback
from datetime import UTC, datetime

import msgspec


class Line(msgspec.Struct, omit_defaults=True):
    at: datetime
    level: str
    logger: str
    message: str
    process: int
    trouble: str = ""
    frames: list[str] = []


class Lines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        bug = record.exc_info[1] if record.exc_info else None
        line = Line(
            at=datetime.fromtimestamp(record.created, UTC),
            level=record.levelname.lower(),
            logger=record.name,
            message=record.getMessage(),
            process=record.process or 0,
            trouble=type(bug).__qualname__ if bug else "",
            frames=frames(bug) if bug else [],
        )
        return msgspec.json.encode(line).decode()


def frames(bug: BaseException) -> list[str]:
    """Return where it happened, outermost first."""
    places = traceback.extract_tb(bug.__traceback__)
    return [f"{place.filename}:{place.lineno} {place.name}" for place in places]


# Clients that write whole addresses into the log, and with them what belongs to a person.
TALKATIVE = ("httpx", "httpcore", "urllib3", "requests")


def configure(level: str, file: str = "") -> None:
    """Write to a file, opened with the first line, or to stderr."""
    logging._srcfile = None  # noqa: SLF001 - no line says where it was written
    logging.logThreads = logging.logMultiprocessing = False
    own = logging.FileHandler(file, encoding="utf-8", delay=True) if file else None
    handler = own or logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for client in TALKATIVE:
        logging.getLogger(client).setLevel(logging.WARNING)
