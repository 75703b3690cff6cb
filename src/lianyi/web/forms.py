"""Reading a form into a Struct, leniently in notation and strictly in meaning.

People type full-width digits, blanks, ¥ and slashes; none of that is a mistake worth a refusal.
What remains wrong is said at each field, and everything that was typed comes back.
"""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from hashlib import sha256
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote_to_bytes

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from lianyi.kernel.once import Once
from lianyi.kernel.refusal import Invalid, NotAllowed, Refused
from lianyi.kernel.text import words
from lianyi.web import csrf, i18n, values

S = TypeVar("S", bound=msgspec.Struct)
A = TypeVar("A")

POSTED = "posted"  # a body that was read, in the state of its request
TEXT = 10 * 1024 * 1024  # bytes; more than any text a person types


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What every form that writes carries: the key that makes two clicks one act."""

    once: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was filled in, with what is wrong at which field; empty before the first try."""

    texts: Mapping[str, list[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str, otherwise: object = "") -> str:
        given = self.texts.get(name)
        return given[-1] if given else "" if otherwise is None else str(otherwise)

    def chosen(self, name: str, value: object, otherwise: object = None) -> bool:
        """Return whether a box or option shows as chosen."""
        if self.texts:
            return str(value) in self.texts.get(name, [])
        return value in otherwise if isinstance(otherwise, list | tuple) else value == otherwise

    def error(self, name: str) -> str:
        return self.errors.get(name, "")

    @staticmethod
    def blank() -> "Filled":
        """Return an untouched form, for the other forms of a page on which one was wrong."""
        return Filled()


@dataclass(eq=False)
class BadForm(Invalid):
    """`fields` are names only: what a person typed must not reach a log."""

    fields: tuple[str, ...]
    filled: InitVar[Filled]

    def __post_init__(self, filled: Filled) -> None:
        self.form = filled


class Forged(NotAllowed):
    """The form was not drawn for this browser."""


async def read(request: Request, struct: type[S], *, limit: int = TEXT) -> S:
    """Read the posted form.

    :raises BadForm: with a message for each wrong field
    :raises Forged: without the token drawn with the form
    """
    data = await posted(request, limit=limit)
    if not csrf.matches(_last(data, csrf.FIELD)):
        raise Forged
    texts = _texts(data)
    read, errors = values.read(struct, texts)
    if errors:
        raise BadForm(fields=tuple(errors), filled=Filled(texts, errors))
    try:
        return struct(**read)
    except ValueError as crossed:  # a Struct's own __post_init__ compares its fields
        raise BadForm(fields=("",), filled=Filled(texts, {"": i18n._(str(crossed))})) from crossed


async def kept(request: Request, **wrong: str | Refused) -> Filled:
    """Return the form as typed, with what a rule or the domain found wrong at its fields."""
    said = {name: _say(trouble) for name, trouble in wrong.items()}
    return Filled(_texts(await posted(request)), said)


async def files(request: Request, name: str) -> list[UploadFile]:
    """Return the files of one field; a field left empty gives none."""
    given = (await posted(request)).getlist(name)
    return [file for file in given if isinstance(file, UploadFile) and file.filename]


async def posted(request: Request, *, limit: int = TEXT) -> FormData:
    """Parse the body once; text above the limit is refused with 413 while it still arrives."""
    known: FormData | None = request.scope["state"].get(POSTED)
    if known is None:
        multipart = request.headers.get("content-type", "").startswith("multipart/")
        parts = request.form(max_part_size=limit) if multipart else _fields(request, limit)
        known = request.scope["state"][POSTED] = await parts
    return known


def once(request: Request, form: Form, answer: type[A]) -> Once[A]:
    """Bind the hidden key to what was asked."""
    asked = request.scope["path"].encode() + msgspec.json.encode(form)
    return Once(form.once, sha256(asked).hexdigest(), answer)


def _texts(data: FormData) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for name, value in data.multi_items():
        if name != csrf.FIELD and isinstance(value, str):
            texts.setdefault(name, []).append(value.strip())
    return texts


def _last(data: FormData, name: str) -> str:
    value: Any = data.get(name)
    return value if isinstance(value, str) else ""


def _say(trouble: str | Refused) -> str:
    if isinstance(trouble, str):
        return trouble
    return words(trouble.code, i18n.language.get(), trouble.details)


async def _fields(request: Request, limit: int) -> FormData:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413)
    parts = [part.partition(b"=") for part in bytes(body).split(b"&") if part]
    return FormData([(_unquoted(name), _unquoted(value)) for name, _, value in parts])


def _unquoted(raw: bytes) -> str:
    """Most of what a form says needs no reading letter by letter."""
    spaced = raw.replace(b"+", b" ")
    return (unquote_to_bytes(spaced) if b"%" in spaced else spaced).decode(errors="replace")
