"""What the address of a list asks for; what it says wrongly is as if it weren't said."""

from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from starlette.requests import Request

E = TypeVar("E", bound=StrEnum)


def one_of(codes: type[E], text: str) -> E | None:
    return next((code for code in codes if code == text), None)


def day_in(request: Request, name: str) -> date | None:
    try:
        return date.fromisoformat(request.query_params.get(name, ""))
    except ValueError:
        return None


def id_in(request: Request, name: str) -> UUID | None:
    try:
        return UUID(request.query_params.get(name, ""))
    except ValueError:
        return None
