"""What a browser makes of an answer: its forms, links and words. Nothing is executed."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TypeAlias

Attributes: TypeAlias = dict[str, str]
SILENT = frozenset({"script", "style", "template", "title"})
UNCHECKED = frozenset({"checkbox", "radio"})
NOT_SENT = frozenset({"submit", "button", "reset", "image", "file"})


class NoSuchForm(Exception):
    """The page has no such form: the step can't be done by the person who sees it."""


@dataclass(slots=True)
class Form:
    """A form as drawn, with the values it would send untouched."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    every: dict[str, list[str]] = field(default_factory=dict)  # of names that occur repeatedly


@dataclass(frozen=True, slots=True)
class Link:
    href: str
    words: str


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. `words` is what a person reads on it, in one line."""

    status: int
    url: str
    html: str
    words: str
    forms: tuple[Form, ...]
    links: tuple[Link, ...]

    def form(self, action: str) -> Form:
        """Return the form whose action ends with these words, or else one that contains them.

        :raises NoSuchForm:
        """
        found = [form for form in self.forms if action in form.action]
        if not found:
            raise NoSuchForm(f"{action} on {self.url}: {self.words[:200]}")
        return next((form for form in found if form.action.endswith(action)), found[0])

    def link(self, words: str) -> str:
        """Return where the link with these words leads.

        :raises NoSuchForm:
        """
        for link in self.links:
            if words in link.words:
                return link.href
        raise NoSuchForm(f"{words} on {self.url}: {self.words[:200]}")

    def says(self, *words: str) -> bool:
        return all(one in self.words for one in words)


def read(status: int, url: str, html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    words = " ".join(" ".join(reader.words).split())
    return Page(status, url, html, words, tuple(reader.forms), tuple(reader.links))


class _Reader(HTMLParser):
    """Collects forms, links and words in one pass."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[Link] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._href: str | None = None
        self._link_words: list[str] = []
        self._silent = 0
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if tag in SILENT:
            self._silent += 1
        elif tag == "a":
            self._href, self._link_words = got.get("href"), []
        elif tag == "form":
            self._form = Form(got.get("action", ""), got.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, got)

    def _field(self, form: Form, tag: str, got: Attributes) -> None:
        name = got.get("name", "")
        if tag == "input":
            self._input(form, name, got)
        elif tag == "select":
            self._select = name
            form.choices.setdefault(name, [])
        elif tag == "option" and self._select:
            _choose(form, self._select, got.get("value", ""), chosen="selected" in got)
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""
        elif tag == "button" and name:
            form.buttons.append(f"{name}={got.get('value', '')}")

    @staticmethod
    def _input(form: Form, name: str, got: Attributes) -> None:
        kind = got.get("type", "text")
        if not name or kind in NOT_SENT:
            return
        if kind not in UNCHECKED:
            form.fields[name] = got.get("value", "")
            form.every.setdefault(name, []).append(form.fields[name])
            return
        value = got.get("value", "on")
        form.choices.setdefault(name, []).append(value)
        if "checked" in got:
            form.fields[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "a" and self._href is not None:
            self.links.append(Link(self._href, " ".join(" ".join(self._link_words).split())))
            self._href = None
        elif tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._area:
            self._form.fields[self._area] += data
        elif not self._silent:
            self.words.append(data)
            self._link_words.append(data)


def _choose(form: Form, name: str, value: str, *, chosen: bool) -> None:
    """Offer a value. A select without a chosen option sends its first."""
    form.choices[name].append(value)
    if chosen or name not in form.fields:
        form.fields[name] = value
