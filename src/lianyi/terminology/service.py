"""What an installation may change about its knowledge: bring releases of its own."""

from pathlib import Path

from lianyi.terminology import queries, tables


def adopt(folder: Path) -> None:
    """Serve also the releases in this folder, if there is one; each is a folder like those shipped.

    :raises OSError, KeyError, TypeError, ValueError: for files that don't fit.
    """
    if folder.exists():
        tables.adopt(folder)
        queries.snapshot()
