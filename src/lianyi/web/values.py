"""From what people type to typed values, with a sentence for each thing that does not fit."""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import inspect
from msgspec.structs import FieldInfo

from lianyi.web.i18n import _

YES = frozenset({"on", "true", "1", "yes", "是"})
Texts = Mapping[str, list[str]]
S = TypeVar("S", bound=msgspec.Struct)


def whole(struct: type[S], texts: Texts) -> S | None:
    """Read a form in one go, whose fields take what was typed as it is; None if anything is wrong.

    What is wrong, and what there is more than once, `read` finds field by field.
    """
    names = _taken_as_typed(struct)
    given = {name: texts[name] for name in names if name in texts}
    if not names or any(len(each) > 1 or "\0" in each[0] for each in given.values()):
        return None
    try:
        return msgspec.convert(
            {name: text for name, (text,) in given.items() if text}, struct, strict=False
        )
    except msgspec.ValidationError:
        return None


def read(struct: type[msgspec.Struct], texts: Texts) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values that fit by field name, and a message for each field that does not."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field, kind in _fields(struct):
        given = [text for text in texts.get(field.encode_name, []) if text]
        try:
            if isinstance(kind, inspect.BoolType):
                values[field.name] = _bool(field, given, texts)
            elif given or isinstance(kind, inspect.ListType | inspect.SetType):
                values[field.name] = _convert(field, kind, given)
            elif field.required:
                errors[field.name] = _missing(kind)
        except (msgspec.ValidationError, ValueError, ArithmeticError):
            errors[field.name] = complaint(field, kind)
    return values, errors


def complaint(field: FieldInfo, kind: inspect.Type) -> str:
    """Say what would fit. A field's own `Meta(description=…)` knows better than its type."""
    own = _description(field)
    if own:
        return _(own)
    return _COMPLAINTS.get(type(kind), _no_choice)(kind)


@cache
def _taken_as_typed(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return the names of all fields, or none if one has to be read in another way than others."""
    fields = _fields(struct)
    if any(isinstance(kind, _OTHERWISE) or type(kind) in _READERS for _, kind in fields):
        return ()
    return tuple(field.encode_name for field, _ in fields)


@cache
def _fields(struct: type[msgspec.Struct]) -> tuple[tuple[FieldInfo, inspect.Type], ...]:
    """Look into a Struct once: its annotations cost more to read than a form to convert."""
    fields = msgspec.structs.fields(struct)
    return tuple((field, _plain(inspect.type_info(field.type))) for field in fields)


def _plain(kind: inspect.Type) -> inspect.Type:
    """Return the type inside notes and `| None`."""
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(kind, inspect.UnionType):
        (kind,) = (t for t in kind.types if not isinstance(t, inspect.NoneType))
        return _plain(kind)
    return kind


def _description(field: FieldInfo) -> str:
    notes = (n for n in get_args(field.type)[1:] if isinstance(n, msgspec.Meta))
    return next((n.description for n in notes if n.description), "")


def _bool(field: FieldInfo, given: list[str], texts: Texts) -> bool:
    """Read a box. A browser sends nothing for an empty one, so absence means no."""
    return bool(given) and given[-1].lower() in YES


def _convert(field: FieldInfo, kind: inspect.Type, given: list[str]) -> Any:  # noqa: ANN401
    if any("\0" in text for text in given):  # no keyboard types it, and no database stores it
        raise ValueError(field.name)
    if isinstance(kind, inspect.ListType | inspect.SetType):
        item = _plain(kind.item_type)
        raw: Any = [_typed(item, text) for text in given]
    else:
        raw = _typed(kind, given[-1])
    return msgspec.convert(raw, field.type, strict=False)


def _typed(kind: inspect.Type, text: str) -> Any:  # noqa: ANN401 - a value of any kind
    reader = _READERS.get(type(kind))
    return reader(unicodedata.normalize("NFKC", text)) if reader else text


def _int(text: str) -> int:
    return int(text.replace(",", ""))


def _decimal(text: str) -> Decimal:
    number = Decimal(text.removeprefix("¥").replace(",", "").strip())
    if not number.is_finite():
        raise ValueError
    return number


def _date(text: str) -> date:
    return date.fromisoformat(text.replace("/", "-").replace(".", "-"))


_OTHERWISE = (inspect.BoolType, inspect.ListType, inspect.SetType)
_READERS: Mapping[type, Callable[[str], Any]] = {
    inspect.IntType: _int,
    inspect.DecimalType: _decimal,
    inspect.DateType: _date,
    inspect.TimeType: time.fromisoformat,
}


def _missing(kind: inspect.Type) -> str:
    typed = isinstance(kind, inspect.StrType) or type(kind) in _READERS
    return _("请填写") if typed else _("请选择")


def _wrong_text(kind: Any) -> str:  # noqa: ANN401 - the key of the table says which
    if kind.pattern:
        return _("格式不正确，请核对")
    if kind.min_length and kind.max_length:
        return _("请填写 %(least)s 至 %(most)s 个字", least=kind.min_length, most=kind.max_length)
    if kind.max_length:
        return _("最多 %(most)s 个字", most=kind.max_length)
    return _("至少 %(least)s 个字", least=kind.min_length or 1)


def _wrong_number(kind: Any) -> str:  # noqa: ANN401
    if kind.ge is not None and kind.le is not None:
        return _("请填写 %(least)s 至 %(most)s 之间的整数", least=kind.ge, most=kind.le)
    if kind.ge is not None:
        return _("请填写不小于 %(least)s 的整数", least=kind.ge)
    return _("请填写整数")


def _no_choice(kind: inspect.Type) -> str:
    return _("请从列表中选择")


_COMPLAINTS: Mapping[type, Callable[[Any], str]] = {
    inspect.StrType: _wrong_text,
    inspect.IntType: _wrong_number,
    inspect.DecimalType: lambda _kind: _("请填写数字"),
    inspect.DateType: lambda _kind: _("请填写日期，例如 2026-11-22"),
    inspect.TimeType: lambda _kind: _("请填写时间，例如 14:30"),
}
