"""The reader's language for page prose: gettext, with the Chinese sentence as its own key.

Refusals, findings and states have codes and live in kernel.text; everything that only a page says
lives here. The language of a request stands in a context variable, because macros and rules of
a form speak without being handed the request.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES: Mapping[str, str] = {"zh": "中文", "en": "English"}
TAGS: Mapping[str, str] = {"zh": "zh-CN", "en": "en"}
CHINESE = "zh"

language: ContextVar[str] = ContextVar("language", default=CHINESE)


@cache
def translations(code: str) -> NullTranslations:
    """Return the catalogue of a language, compiled from its source on first use."""
    if code == CHINESE:
        return NullTranslations()
    compiled = BytesIO()
    with (LOCALE / code / "LC_MESSAGES" / "messages.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)


def gettext(message: str) -> str:
    return translations(language.get()).gettext(message)


def mark(message: str) -> str:
    """Mark a sentence for translation where it stands; it is said later, by `_`."""
    return message


def _(message: str, **values: object) -> str:
    """Say a sentence in the reader's language; `%(name)s` takes a value."""
    said = gettext(message)
    return said % values if values else said


@lru_cache(maxsize=1024)
def preferred(cookie: str, accept: str) -> str:
    """Choose by what the reader set, then by what the browser asks for, then Chinese."""
    if cookie in LANGUAGES:
        return cookie
    return next((tag for tag in _asked(accept) if tag in LANGUAGES), CHINESE)


@lru_cache(256)
def _asked(accept: str) -> tuple[str, ...]:
    """Return the primary tags of an Accept-Language header, the most wanted first."""
    tags = [_weighed(part) for part in accept.split(",")]
    return tuple(tag for weight, tag in sorted(tags, key=lambda pair: -pair[0]) if weight > 0)


def _weighed(part: str) -> tuple[float, str]:
    tag, _sep, weight = part.strip().partition(";q=")
    try:
        return float(weight or 1), tag.split("-")[0].lower()
    except ValueError:
        return 0, tag
