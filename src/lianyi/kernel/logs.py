"""Logs are JSON lines that hold ids and codes, never a value of a person.

The message of an exception may quote a row or a form, so only its type and place are written.
"""

import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from time import time
from typing import Any

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


_written: "logging.StreamHandler[Any] | None" = None  # where this process writes to


def configure(level: str, file: str = "") -> None:
    """Write to a file, opened with the first line, or to stderr."""
    global _written  # noqa: PLW0603 - a process has one log
    logging._srcfile = None  # noqa: SLF001 - no line says where it was written
    logging.logThreads = logging.logMultiprocessing = False
    own = logging.FileHandler(file, encoding="utf-8", delay=True) if file else None
    handler = own or logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for client in TALKATIVE:
        logging.getLogger(client).setLevel(logging.WARNING)
    _written = handler


def note(log: logging.Logger, message: str) -> None:
    """Write the line that each answer leaves; a record of it would cost more than some answers."""
    if not log.isEnabledFor(logging.INFO):
        return
    if _written is None or _written.stream is None:  # not opened yet
        log.info("%s", message)
        return
    at = datetime.fromtimestamp(time(), UTC)
    line = Line(at=at, level="info", logger=log.name, message=message, process=os.getpid())
    out = _written.stream.buffer  # what came by the text around it is flushed line by line
    out.write(msgspec.json.encode(line) + b"\n")
    out.flush()
