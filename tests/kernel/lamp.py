"""A thing with a lifecycle that has no medical meaning."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lianyi.kernel.actor import Actor, Role
from lianyi.kernel.lifecycle import Lifecycle, Move, begin

KEEPER, VISITOR = Role("keeper"), Role("visitor")
SCHEMA = """CREATE TABLE IF NOT EXISTS lamp (id uuid PRIMARY KEY, state text, colour text)"""
GRANT = "GRANT ALL ON lamp TO lianyi_app"
BY_KEEPER = frozenset({KEEPER})
LAMP = Lifecycle(
    "lamp",
    (
        Move("hang", None, "off", BY_KEEPER),
        Move("light", "off", "on", BY_KEEPER),
        Move("dim", "on", "low", BY_KEEPER),
        Move("put_out", "on", "off", BY_KEEPER),
        Move("put_out", "low", "off", BY_KEEPER),
        Move("put_out", "on", "broken", frozenset({VISITOR})),
    ),
)


@dataclass(frozen=True, slots=True)
class LampLit:
    name: ClassVar[str] = "lamp.lit"
    owner: UUID
    institution_id: UUID
    number: int = 0


def keeper(app):
    id = app.ids.new(app.clock())
    return Actor(id, id, app.ids.new(app.clock()), KEEPER)


async def hang(tx, colour="red"):
    id = tx.new_id()
    await begin(tx, LAMP, id, "hang", row={"colour": colour})
    return id
