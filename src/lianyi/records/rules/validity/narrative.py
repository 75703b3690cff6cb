"""What a narrative may be made of (FHIR R4, 2.4.0; invariants txt-1 and txt-2).

It is read by a parser of XML, never by patterns, and refused as a whole: what was signed is not
rewritten. Nothing in it may run, or be fetched from elsewhere when somebody looks at it.
"""

import re
from collections.abc import Mapping
from xml.parsers import expat

SPACE = "http://www.w3.org/1999/xhtml"
# Chapters 7 to 11 (but for 9.4) and 15 of HTML 4.0, without what is deprecated.
ELEMENTS = frozenset(
    {
        *(
            "a",
            "abbr",
            "acronym",
            "address",
            "area",
            "b",
            "bdo",
            "big",
            "blockquote",
            "br",
            "caption",
        ),
        *(
            "cite",
            "code",
            "col",
            "colgroup",
            "dd",
            "dfn",
            "div",
            "dl",
            "dt",
            "em",
            "h1",
            "h2",
            "h3",
        ),
        *("h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "map", "ol", "p", "pre", "q", "samp"),
        *("small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead"),
        *("tr", "tt", "ul", "var"),
    }
)
XML = "http://www.w3.org/XML/1998/namespace"
ATTRIBUTES = frozenset(
    {
        *(
            "abbr",
            "accesskey",
            "align",
            "alt",
            "axis",
            "border",
            "cellpadding",
            "cellspacing",
            "char",
        ),
        *("charoff", "class", "colspan", "coords", "dir", "frame", "headers", "height", "hreflang"),
        *("id", "ismap", "lang", "name", "nohref", "nowrap", "rel", "rev", "rowspan", "rules"),
        *("scope", "shape", "span", "start", "style", "summary", "tabindex", "title", "type"),
        *("usemap", "valign", "width", f"{XML}_lang", f"{XML}_space"),
    }
)
LINKS = frozenset({("a", "href"), ("area", "href"), ("blockquote", "cite"), ("q", "cite")})
GOES_TO = re.compile(r"(?i)\s*(?:https?:|ftp:|mailto:|tel:|[#?/.\w%\-]*(?:[/#?]|$)|urn:)")
PICTURE = r"data:\s*image/(?:png|jpe?g|gif|webp);base64,"
SHOWN = re.compile(rf"(?i)\s*(?:#|{PICTURE}|(?![/\\]{{2}})[^:]*$)")
FETCHES = re.compile(
    rf"(?i)url\s*\((?!\s*['\"]?{PICTURE})|expression\s*\(|@import|\\|/\*|behaviou?r\s*:|-moz-binding"
)
TAG = re.compile(r"<[^>]*>|&#(?:160|x[aA]0);")


class _Forbidden(Exception):
    """Something that a narrative may not hold."""


def is_plain(div: str) -> bool:
    """Tell whether a narrative holds nothing but formatted text (txt-1)."""
    parser = expat.ParserCreate(namespace_separator="_")
    parser.StartElementHandler = _Checked().begin
    parser.XmlDeclHandler = _refuse
    parser.StartDoctypeDeclHandler = _refuse
    parser.ProcessingInstructionHandler = _refuse
    try:
        parser.Parse(div, True)  # noqa: FBT003 - that is all of it
    except (expat.ExpatError, _Forbidden, ValueError):
        return False
    return True


def says_something(div: str) -> bool:
    """Tell whether there is more in a narrative than space (txt-2); a picture is something."""
    return "<img" in div or bool(TAG.sub("", div).strip())


class _Checked:
    """Looks at each element; the first one is the div."""

    def __init__(self) -> None:
        self.is_inside = False

    def begin(self, tag: str, given: Mapping[str, str]) -> None:
        space, _, name = tag.rpartition("_")
        if space != SPACE or name not in ELEMENTS or (name != "div" and not self.is_inside):
            raise _Forbidden
        self.is_inside = True
        for attribute, value in given.items():
            if not _may_have(name, attribute, value):
                raise _Forbidden


def _may_have(name: str, attribute: str, value: str) -> bool:
    if (name, attribute) in LINKS:
        return GOES_TO.match(value) is not None
    if (name, attribute) in {("img", "src"), ("img", "longdesc")}:
        return SHOWN.match(value) is not None
    if attribute == "style":
        return FETCHES.search(value) is None
    return attribute in ATTRIBUTES


def _refuse(*_: object) -> None:
    raise _Forbidden
