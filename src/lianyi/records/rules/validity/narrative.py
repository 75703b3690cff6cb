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
TAGS = {f"{SPACE}_{name}": name for name in ELEMENTS}
XML = "http://www.w3.org/XML/1998/namespace"
ATTRIBUTES = frozenset(  # whatever they say
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
        *("scope", "shape", "span", "start", "summary", "tabindex", "title", "type"),
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
NOTHING = re.compile(r"(?:\s|<[^>]*>|&#(?:160|x[aA]0);)*+")  # to read: space and tags


class _Forbidden(Exception):
    """Something that a narrative may not hold."""


def is_plain(div: str) -> bool:
    """Tell whether a narrative holds nothing but formatted text (txt-1)."""
    parser = expat.ParserCreate(namespace_separator="_")

    def first(tag: str, given: Mapping[str, str]) -> None:
        if tag != f"{SPACE}_div":
            raise _Forbidden
        parser.StartElementHandler = _begin
        _begin(tag, given)

    parser.StartElementHandler = first
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
    found = NOTHING.match(div)
    return "<img" in div or (found is not None and found.end() < len(div))


def _begin(tag: str, given: Mapping[str, str]) -> None:
    if tag not in TAGS:
        raise _Forbidden
    if given and not ATTRIBUTES.issuperset(given):
        _check(TAGS[tag], given)


def _check(name: str, given: Mapping[str, str]) -> None:
    for attribute, value in given.items():
        if attribute not in ATTRIBUTES and not _may_have(name, attribute, value):
            raise _Forbidden


def _may_have(name: str, attribute: str, value: str) -> bool:
    if (name, attribute) in LINKS:
        return GOES_TO.match(value) is not None
    if (name, attribute) in {("img", "src"), ("img", "longdesc")}:
        return SHOWN.match(value) is not None
    return attribute == "style" and FETCHES.search(value) is None


def _refuse(*_: object) -> None:
    raise _Forbidden
