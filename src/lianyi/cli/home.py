"""One home, one Lianyi: a lock that dies with its holder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lianyi.kernel.refusal import Conflict, Invalid


@dataclass(eq=False)
class AlreadyRunning(Conflict):
    home: str
    pid: str


@dataclass(eq=False)
class HomeUnusable(Invalid):
    home: str
    trouble: str


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold this home, made when missing.

    :raises AlreadyRunning:
    :raises HomeUnusable:
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(home / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as trouble:
        raise HomeUnusable(home=str(home), trouble=trouble.strerror or "") from trouble
    try:
        _take(lock, home)
        yield
    finally:
        os.close(lock)


def _take(lock: int, home: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as trouble:
        holder = os.read(lock, 20).decode()
        raise AlreadyRunning(home=str(home), pid=holder) from trouble
    os.truncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
