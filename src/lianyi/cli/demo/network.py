"""The people and places of the demo network, as `network.toml` writes them down."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec

from lianyi.people.model import Grade, Kind, Register

FILE = Path(__file__).parent / "network.toml"


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An institution. `parent` is the key of the hospital or chain behind it."""

    key: str
    name: str
    short: str
    kind: Kind
    credit_code: str
    address: str
    parent: str = ""
    licence: str = ""
    licensed_until: date | None = None
    level: str = ""
    emergency_phone: str = ""
    insurance_code: str = ""


class Ward(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A department of the place with this key. `code` is from the list of clinical subjects."""

    institution: str
    code: str
    name: str
    online: bool


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member of staff. `also_at` are places where the practice is filed too (CON-24).

    `trained_on` is when a pharmacist passed the training for reviewers (PH-02).
    """

    login: str
    name: str
    sex: str
    id_number: str
    phone: str
    role: str
    grade: Grade
    institution: str
    department: str = ""
    register: Register | None = None
    licence: str = ""
    practising_since: date | None = None
    also_at: Sequence[str] = ()
    trained_on: date | None = None


class Neighbour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A resident. `allergies` is None for somebody who was never asked."""

    key: str
    family: str
    name: str
    sex: str
    id_number: str
    phone: str = ""
    guardian: str = ""
    conditions: Sequence[str] = ()
    allergies: Sequence[str] | None = None


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    institution: tuple[Place, ...]
    department: tuple[Ward, ...]
    staff: tuple[Member, ...]
    resident: tuple[Neighbour, ...]


def load() -> Network:
    return msgspec.toml.decode(FILE.read_bytes(), type=Network)
