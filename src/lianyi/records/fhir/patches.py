"""JSON Patch: a body changed by operations, all of them or none (RFC 6902; pointers: RFC 6901)."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeAlias

import msgspec

from lianyi.records.model import Finding

Json: TypeAlias = Any
Path: TypeAlias = tuple[str, ...]
POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9]*")
NEEDS = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("from", "path"),
    "copy": ("from", "path"),
    "test": ("path", "value"),
}
VERSION = ("meta", "versionId")
FIXED = ("resourceType", "id")  # a resource stays what it is
COPIED = 1024 * 1024  # letters; what is copied into itself grows by powers


class Operation(msgspec.Struct, frozen=True):
    op: str
    path: Path
    source: Path = ()  # `from`
    value: Json = None


class _Wrong(Exception):
    """An operation can't be done; `rule` is the finding."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def operation(given: Json) -> Operation | None:
    """Read one operation. None: it is none."""
    op = str(given.get("op")) if isinstance(given, dict) else ""
    if op not in NEEDS or not all(name in given for name in NEEDS[op]):
        return None
    path, source = _path(given["path"]), _path(given.get("from", ""))
    if path is None or source is None:
        return None
    into_itself = op == "move" and len(source) < len(path) and path[: len(source)] == source
    return None if into_itself else Operation(op, path, source, given.get("value"))


def tested_version(operations: Iterable[Operation]) -> int | None:
    """Return the version that a patch tests for, by which it says what it was made from."""
    tested = (one.value for one in operations if (one.op, one.path) == ("test", VERSION))
    stated = next(tested, None)
    return int(stated) if isinstance(stated, str) and INDEX.fullmatch(stated) else None


def patched(body: Mapping[str, Json], operations: Sequence[Operation]) -> Json | Finding:
    """Return what becomes of a body, or what is wrong with the first operation that can't be done.

    A patch may be done again on another version, so neither it nor the body is changed itself.
    """
    type, root, copied = str(body["resourceType"]), {"": deepcopy(body)}, 0
    for one in operations:
        try:
            copied += _size(root, one) if one.op == "copy" else 0
            _do(root, one, copied)
        except _Wrong as wrong:
            return Finding(f"patch.{wrong.rule}", _where(type, one.path), _said(one))
        except RecursionError:
            return Finding("deep", type)
    changed = root.get("")
    if not isinstance(changed, dict) or any(changed.get(name) != body[name] for name in FIXED):
        return Finding("patch.fixed", type)
    return changed


def _do(root: Json, one: Operation, copied: int) -> None:
    path, source = ("", *one.path), ("", *one.source)
    match one.op:
        case "add":
            _add(root, path, deepcopy(one.value))
        case "remove":
            _remove(root, path)
        case "replace":
            parent = _at(root, path[:-1])
            parent[_key(parent, path[-1])] = deepcopy(one.value)
        case "move":
            _add(root, path, _remove(root, source))
        case "copy" if copied <= COPIED:
            _add(root, path, deepcopy(_at(root, source)))
        case "copy":
            raise _Wrong("large")
        case _ if not _same(_at(root, path), one.value):
            raise _Wrong("test")


def _at(node: Json, path: Path) -> Json:
    for token in path:
        node = node[_key(node, token)]
    return node


def _key(node: Json, token: str) -> str | int:
    """Return by what a token is found in an object or a list.

    :raises _Wrong: there is no such thing
    """
    if isinstance(node, dict) and token in node:
        return token
    if isinstance(node, list) and INDEX.fullmatch(token) and int(token) < len(node):
        return int(token)
    raise _Wrong("path")


def _add(root: Json, path: Path, value: Json) -> None:
    parent, token = _at(root, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[token] = value
    elif isinstance(parent, list) and token in {"-", str(len(parent))}:
        parent.append(value)
    else:
        at = _key(parent, token)
        parent.insert(at, value)


def _remove(root: Json, path: Path) -> Json:
    parent = _at(root, path[:-1])
    key = _key(parent, path[-1])
    return parent.pop(key)


def _size(root: Json, one: Operation) -> int:
    return len(json.dumps(_at(root, ("", *one.source)), default=str))


def _same(one: Json, other: Json) -> bool:
    """Compare as RFC 6902, 4.6 does: 1.50 is 1.5, and true isn't 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _path(pointer: Json) -> Path | None:
    if not isinstance(pointer, str) or not POINTER.fullmatch(pointer):
        return None
    tokens = pointer.split("/")[1:]
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in tokens)


def _said(one: Operation) -> str:
    return f"{one.op} /{'/'.join(one.path)}"


def _where(type: str, path: Path) -> str:
    """Return a pointer as FHIRPath, as far as it can be one."""
    where = type
    for token in path:
        if INDEX.fullmatch(token):
            where += f"[{token}]"
        elif NAME.fullmatch(token):
            where += f".{token}"
        else:
            break
    return where
