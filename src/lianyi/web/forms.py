"""Reading a form into a Struct, leniently in notation and strictly in meaning.

People type full-width digits, blanks, ¥ and slashes; none of that is a mistake worth a refusal.
What remains wrong is said at each field, and everything that was typed comes back.
"""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, TypeVar
from urllib.parse import unquote_to_bytes

import msgspec
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from lianyi.kernel.headers import header
from lianyi.kernel.once import Once
from lianyi.kernel.refusal import Invalid, NotAllowed, Refused
from lianyi.kernel.text import words
from lianyi.web import csrf, i18n, values

S = TypeVar("S", bound=msgspec.Struct)
A = TypeVar("A")

POSTED = "posted"  # a body that was read, in the state of its request
NAMES = 512  # of fields, remembered: there are only so many, and a stranger may make up more
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


@dataclass(frozen=True, slots=True)
class Posted:
    """What came with a form: its token, what was typed, and files, each as often as it was sent."""

    token: str
    texts: Mapping[str, list[str]]
    files: Mapping[str, list[UploadFile]] = field(default_factory=dict)


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
    sent = await posted(request, limit=limit)
    if not csrf.matches(sent.token):
        raise Forged
    texts = sent.texts
    if (whole := values.whole(struct, texts)) is not None:
        return whole
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
    return Filled((await posted(request)).texts, said)


async def files(request: Request, name: str) -> list[UploadFile]:
    """Return the files of one field; a field left empty gives none."""
    return [file for file in (await posted(request)).files.get(name, ()) if file.filename]


async def posted(request: Request, *, limit: int = TEXT) -> Posted:
    """Parse the body once; text above the limit is refused with 413 while it still arrives."""
    known: Posted | None = request.scope["state"].get(POSTED)
    if known is None:
        multipart = header(request.scope, b"content-type").startswith("multipart/")
        known = await (_parts(request, limit) if multipart else _fields(request, limit))
        request.scope["state"][POSTED] = known
    return known


def once(request: Request, form: Form, answer: type[A]) -> Once[A]:
    """Bind the hidden key to what was asked."""
    asked = request.scope["path"].encode() + msgspec.json.encode(form)
    return Once(form.once, sha256(asked).hexdigest(), answer)


def _say(trouble: str | Refused) -> str:
    if isinstance(trouble, str):
        return trouble
    return words(trouble.code, i18n.language.get(), trouble.details)


async def _parts(request: Request, limit: int) -> Posted:
    texts: dict[str, list[str]] = {}
    files: dict[str, list[UploadFile]] = {}
    for name, value in (await request.form(max_part_size=limit)).multi_items():
        if isinstance(value, str):
            texts.setdefault(name, []).append(value.strip())
        else:
            files.setdefault(name, []).append(value)
    return Posted(_token(texts), texts, files)


async def _fields(request: Request, limit: int) -> Posted:
    texts: dict[str, list[str]] = {}
    for part in (await _body(request, limit)).split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            texts.setdefault(_name(name), []).append(_unquoted(value).strip())
    return Posted(_token(texts), texts)


def _token(texts: dict[str, list[str]]) -> str:
    """Take the token out of what was typed: it is drawn anew with a form that comes back."""
    return texts.pop(csrf.FIELD, ("",))[-1]


async def _body(request: Request, limit: int) -> bytes:
    """Return what is sent. Not by the framework's stream: the loop has to know of each of these."""
    body, more = bytearray(), True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            raise HTTPException(413)
        more = message.get("more_body", False)
    return bytes(body)


def _unquoted(raw: bytes) -> str:
    """Most of what a form says needs no reading letter by letter."""
    spaced = raw.replace(b"+", b" ")
    return (unquote_to_bytes(spaced) if b"%" in spaced else spaced).decode(errors="replace")


_name = lru_cache(NAMES)(_unquoted)
