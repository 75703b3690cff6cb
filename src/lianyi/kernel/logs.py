"""Logs are JSON lines that hold ids and codes, never a value of a person.

The message of an exception may quote a row or a form, so only its type and place are written.
"""

import asyncio
import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from io import BufferedWriter
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


_is_waiting = False  # lines for the end of this turn
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
    """Write the line that each answer leaves; a record of it would cost more than some answers.

    Those of one turn of the loop go out together at its end.
    """
    if not log.isEnabledFor(logging.INFO):
        return
    if _written is None or _written.stream is None:  # not opened yet
        log.info("%s", message)
        return
    at = datetime.fromtimestamp(time(), UTC)
    line = Line(at=at, level="info", logger=log.name, message=message, process=os.getpid())
    out = _written.stream.buffer  # what came by the text around it is flushed line by line
    out.write(msgspec.json.encode(line) + b"\n")
    _flush_soon(out)


def _flush_soon(out: BufferedWriter) -> None:
    global _is_waiting  # noqa: PLW0603 - a process has one log
    if not _is_waiting:
        _is_waiting = True
        asyncio.get_running_loop().call_soon(_flush, out)


def _flush(out: BufferedWriter) -> None:
    global _is_waiting  # noqa: PLW0603
    _is_waiting = False
    out.flush()
