"""The nouns of files."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lianyi.access.model import Sensitive


class Kind(StrEnum):
    JPEG = "image/jpeg"
    PNG = "image/png"
    PDF = "application/pdf"

    @property
    def is_picture(self) -> bool:
        return self is not Kind.PDF


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Content fit to be kept. `width` and `height` are a picture's, in pixels."""

    kind: Kind
    content: bytes
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """Whose a file is, who keeps it, and what it is. `digest` is the SHA-256 of its content."""

    id: UUID
    owner_id: UUID
    institution_id: UUID
    kind: Kind
    digest: bytes
    size: int
    width: int
    height: int
    classes: frozenset[Sensitive]
    post_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Content:
    """A file with what is in it, in the clear: for the answer to a reader, never for a log."""

    file: File
    content: bytes
