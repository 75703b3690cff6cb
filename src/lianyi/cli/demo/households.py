"""Bring the demo's residents in as real ones come: each stood at a counter with their papers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from lianyi.access.model import Scope
from lianyi.cli.demo.network import Neighbour
from lianyi.journeys import card, family
from lianyi.kernel.actor import NOWHERE, Actor
from lianyi.kernel.work import Tx
from lianyi.people import service as registry
from lianyi.people.model import RESIDENT

CERTIFICATE = "出生医学证明、双方证件原件"
# Who acts for which grown-up, and how far the one acted for lets them.
PROXIES = (
    ("r01", "r02", frozenset(Scope)),
    ("r03", "r01", frozenset({Scope.BOOK, Scope.PAY, Scope.RECORD})),
)


async def bring_in(
    tx: Tx, residents: Sequence[Neighbour], clerks: Sequence[Actor]
) -> dict[str, UUID]:
    """Open every card, tie the families and return the persons by their keys.

    Households are spread over the counters there are.
    """
    families = sorted({one.family for one in residents})
    counter = {name: clerks[n % len(clerks)] for n, name in enumerate(families)}
    by_key = {one.key: one for one in residents}
    ids: dict[str, UUID] = {}
    for one in residents:
        ids[one.key] = await _open_card(replace(tx, actor=counter[one.family]), one)
    for child in (one for one in residents if one.guardian):
        await _entrust(replace(tx, actor=counter[child.family]), child, ids[child.guardian])
    for holder, subject, scopes in PROXIES:
        await _agree(tx, ids[holder], by_key[subject], ids, scopes)
    return ids


async def _open_card(counter: Tx, one: Neighbour) -> UUID:
    identity = registry.resident_identity(name=one.name, number=one.id_number)
    granted = await card.open_at_counter(counter, identity=identity, phone=one.phone or None)
    return granted.person_id


async def _entrust(counter: Tx, child: Neighbour, guardian_id: UUID) -> None:
    guardian = replace(counter, actor=_resident(guardian_id))
    kin_id = await family.claim_child(guardian, name=child.name, number=child.id_number)
    await family.confirm_child(
        counter,
        guardian_id=guardian_id,
        kin_id=kin_id,
        identity=registry.resident_identity(name=child.name, number=child.id_number),
        document=CERTIFICATE,
    )


async def _agree(
    tx: Tx, holder_id: UUID, one: Neighbour, ids: Mapping[str, UUID], scopes: frozenset[Scope]
) -> None:
    holder = replace(tx, actor=_resident(holder_id))
    kin_id = await family.invite(holder, name=one.name, number=one.id_number, scopes=scopes)
    subject = replace(tx, actor=_resident(ids[one.key]))
    await family.accept(subject, kin_id=kin_id, scopes=scopes)


def _resident(person_id: UUID) -> Actor:
    return Actor(person_id, person_id, NOWHERE, RESIDENT)
