"""How templates are read, and the few words every template may use without importing anything.

Macros are global (`ui.tag`, `field.text`, `glyph`) because a block drawn alone, for htmx, does not
run the imports of its page.
"""

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from secrets import token_urlsafe

import orjson
from jinja2 import (
    BytecodeCache,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
)
from jinja2.bccache import Bucket
from markupsafe import Markup

from lianyi.kernel.text import catalogue, words
from lianyi.web import csrf, demo, draw, i18n, nav
from lianyi.web.static_files import static

# A refusal is shown, not swallowed: htmx 2 would swap nothing for a 4xx. Nothing of a person
# stays in the browser's storage, and no text of a page is ever run as code.
HTMX = orjson.dumps(
    {
        "includeIndicatorStyles": False,
        "allowEval": False,
        "allowScriptTags": False,
        "selfRequestsOnly": True,
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": True,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "403|404|405|409|413|422|429|500|503", "swap": True, "error": False},
            {"code": "[45]..", "swap": False, "error": True},
        ],
    }
).decode()
SAME = ("tabs", "services")  # macros that show every reader of a language the same
SENTENCES = 4096  # kept as they are said, more than the catalogue has
FOLDER = Path(__file__).parent / "templates"
COMPILED = FOLDER.parent / "build" / "templates"


class Compiled(FileSystemBytecodeCache):
    """What `make compiled` wrote, so that the first reader of a page waits for no compiler.

    A process that serves adds nothing to it; a template that changed since is compiled in memory.
    """

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it to ourselves."""


def compile_all() -> None:
    """Write down every template compiled."""
    COMPILED.mkdir(parents=True, exist_ok=True)
    env = environment(cache=FileSystemBytecodeCache(str(COMPILED)))
    for name in names():
        env.get_template(name)


def environment(*more: Path, cache: BytecodeCache | None = None) -> Environment:
    """Return the templates of the product, after those of the given folders."""
    env = Environment(
        loader=FileSystemLoader([*more, FOLDER]),
        bytecode_cache=cache or Compiled(str(COMPILED)),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,  # as with all code: a file is not looked at again at each page
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    env.filters.update(draw.FILTERS)
    env.globals.update(
        static=static,
        glyph=draw.glyph,
        htmx_config=HTMX,
        qr=draw.qr,
        spark=draw.spark,
        _=_sentence,
        say=_say,
        say_if=_say_if,
        say_each=_say_each,
        once_key=lambda: token_urlsafe(12),
        csrf_token=csrf.token,
        languages=i18n.LANGUAGES,
        tags=i18n.TAGS,
        nav=nav,
        demo_bar=demo.bar,
    )
    _share(env, {"ui": "components.html", "field": "fields.html"})
    for name in SAME:
        setattr(env.globals["ui"], name, _once(getattr(env.globals["ui"], name)))
    return env


def _sentence(message: str, **values: object) -> Markup:
    """Say a sentence in the reader's language; a value in it is escaped, `%%` is a per cent."""
    language = i18n.language.get()
    return _said(message, language) % values if values else _said_alone(message, language)


@lru_cache(maxsize=SENTENCES)
def _said(message: str, language: str) -> Markup:
    return Markup(i18n.translations(language).gettext(message))  # noqa: S704 - our own words


@lru_cache(maxsize=SENTENCES)
def _said_alone(message: str, language: str) -> Markup:
    return _said(message, language) % {}


def _say(code: str) -> str:
    return words(code, i18n.language.get())


def _say_if(code: str) -> str:
    """Return the words of a code that older rows may have without having words any more."""
    return catalogue(i18n.language.get()).get(code, "")


def _say_each(prefix: str, codes: Collection[StrEnum]) -> list[tuple[str, str]]:
    """Return each code with its words, in the order in which its enum names them."""
    ordered = sorted(codes, key=lambda code: list(type(code).__members__).index(code.name))
    return [(code.value, _say(prefix + code)) for code in ordered]


def _share(env: Environment, macros: dict[str, str]) -> None:
    """Make the macros of a file global under a name; later files may use earlier ones."""
    for name, file in macros.items():
        env.globals[name] = env.get_template(file).module


def _once(macro: Callable[..., Markup]) -> Callable[..., Markup]:
    """Draw a macro once for its arguments and a language."""

    @lru_cache(maxsize=SENTENCES)
    def drawn(language: str, *given: str) -> Markup:
        return macro(*given)

    return lambda *given: drawn(i18n.language.get(), *given)


def names() -> Sequence[str]:
    return sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
