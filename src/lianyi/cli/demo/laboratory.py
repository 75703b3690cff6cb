"""Let the demo's hospitals offer laboratory tests, each with a price."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import msgspec

from lianyi.kernel.actor import system
from lianyi.kernel.work import Tx
from lianyi.orders import service as orders

FILE = Path(__file__).parent / "laboratory.toml"


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item at several places, as `orders.set_item` takes it."""

    code: str
    label: str
    specimen: str
    observations: tuple[str, ...]
    at: tuple[str, ...]


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    item: tuple[Item, ...]


def load() -> Offer:
    return msgspec.toml.decode(FILE.read_bytes(), type=Offer)


async def bring_in(tx: Tx, places: Mapping[str, UUID]) -> None:
    for item in load().item:
        for key in item.at:
            await orders.set_item(
                replace(tx, actor=system("seed", places[key])),
                code=item.code,
                label=item.label,
                specimen=item.specimen,
                observations=item.observations,
            )
