"""A page as one look finds it."""

from typing import NamedTuple

from lianyi.records.model import Hit


class Frame(NamedTuple):
    """What is written before the id of each resource of a page, between it and the body, after."""

    before: str
    between: str
    after: str


class Told(NamedTuple):
    """So many resources as they were written out."""

    text: str
    many: int


class Leaf(NamedTuple):
    """What a page holds, or what is `told` of it instead, and where the next one begins."""

    hits: tuple[Hit, ...]
    place: tuple[str, ...]
    told: Told | None = None
