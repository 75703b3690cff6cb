"""What can be set from outside, read once: LIANYI_* first, then LIANYI_HOME/config.toml."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from lianyi.kernel.refusal import Invalid

PREFIX, LINK = "LIANYI_", "LIANYI_LINKS_"
FILE = "config.toml"

Port = Annotated[int, Meta(ge=0, le=65535)]
Count = Annotated[int, Meta(ge=1, le=256)]


@dataclass(eq=False)
class UnknownSetting(Invalid):
    source: str
    keys: list[str]


@dataclass(eq=False)
class BadSetting(Invalid):
    source: str
    trouble: str


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One neighbour: where it is, and what else its adapter must be told."""

    url: str
    settings: dict[str, str] = {}


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """An empty `database_url` means the embedded server; an empty `log_file` means stderr."""

    home: Path
    database_url: str = ""
    host: str = "127.0.0.1"
    port: Port = 8000
    web_processes: Count = 1
    pool_size: Count = 20
    demo: bool = False
    tour: bool = True  # of a demo's first start
    public_url: str = ""
    proxies: str = ""  # addresses and networks, by commas: who else brings requests here
    links: dict[str, Link] = {}
    log_file: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def named_proxies(self) -> list[str]:
        return [name.strip() for name in self.proxies.split(",") if name.strip()]


def read(environment: Mapping[str, str]) -> Config:
    """Return what is set. A key nobody knows is refused: it is a typing error with consequences."""
    home = Path(environment.get("LIANYI_HOME") or _default_home(environment)).absolute()
    file = home / FILE
    spoken, written = _spoken(environment), _written(file)
    _refuse_unknown(spoken, PREFIX + "*")
    _refuse_unknown(written, str(file))
    links = {**written.get("links", {}), **spoken.get("links", {})}
    return _convert({**written, **spoken, "links": links, "home": home}, f"{PREFIX}*, {file}")


def _default_home(environment: Mapping[str, str]) -> Path:
    if os.getuid() == 0:
        return Path("/var/lib/lianyi")
    data = environment.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "lianyi"


def _spoken(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what the environment sets: LIANYI_<SETTING>, LIANYI_LINKS_<ADAPTER>, plain PORT."""
    values: dict[str, Any] = {"port": environment["PORT"]} if environment.get("PORT") else {}
    links = {}
    for name, value in environment.items():
        if name.startswith(LINK):
            links[name.removeprefix(LINK).lower()] = {"url": value}
        elif name.startswith(PREFIX) and name != "LIANYI_HOME":
            values[name.removeprefix(PREFIX).lower()] = value
    return {**values, "links": links}


def _written(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as trouble:
        raise BadSetting(source=str(file), trouble=str(trouble)) from trouble


def _refuse_unknown(values: Mapping[str, Any], source: str) -> None:
    known = set(Config.__struct_fields__) - {"home"}  # the file can't say where it lies itself
    if unknown := sorted(set(values) - known):
        raise UnknownSetting(source=source, keys=unknown)


def _convert(values: Mapping[str, Any], source: str) -> Config:
    try:
        return msgspec.convert(values, Config, strict=False, dec_hook=_path)
    except msgspec.ValidationError as trouble:
        raise BadSetting(source=source, trouble=str(trouble)) from trouble


def _path(kind: type, value: object) -> object:
    return value if kind is Path else NotImplemented
