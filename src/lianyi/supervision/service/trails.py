"""The list of a visit: what was done in it, chained and sealed when it ends and whenever it grows.

Nothing is chained while business is done: whoever gathers the steps follows an event.
"""

from collections.abc import Sequence
from uuid import UUID

from lianyi.kernel.work import Tx
from lianyi.supervision import rules
from lianyi.supervision.model import Step, Trail
from lianyi.supervision.tables import trails


async def extend(tx: Tx, *, visit_id: UUID, steps: Sequence[Step]) -> int:
    """Put the steps that are not in a visit's list at its end, seal it, and return how many."""
    await tx.alone(visit_id, "trail")
    known = await trails.find(tx, visit_id, None)
    had = known.lines if known else ()
    listed = {(line.step.log, line.step.row) for line in had}
    new = [step for step in steps if (step.log, step.row) not in listed]
    number, chain = (had[-1].number, had[-1].chain) if had else (0, rules.START)
    lines = list(rules.chained(new, number, chain))
    if lines:
        await trails.insert(tx, visit_id, await trails.load_place(tx, visit_id), lines)
        last = lines[-1]
        await trails.insert_seal(tx, visit_id, last, mac(tx, visit_id, last.number, last.chain))
    return len(lines)


async def person_of(tx: Tx, *, visit_id: UUID) -> tuple[UUID | None, list[UUID]]:
    """Return whose visit it was and its uploads, for whoever gathers its steps."""
    return await trails.find_person(tx, visit_id), await trails.list_uploads(tx, visit_id)


def is_sealed(tx: Tx, trail: Trail) -> bool:
    """Return whether every seal is this installation's, over the chain as it stands."""
    chains = {line.number: line.chain for line in trail.lines}
    whole = bool(trail.seals) and trail.seals[-1].lines == len(trail.lines)
    return whole and all(
        chains.get(seal.lines) == seal.chain
        and mac(tx, trail.visit_id, seal.lines, seal.chain) == seal.mac
        for seal in trail.seals
    )


def mac(tx: Tx, visit_id: UUID, lines: int, chain: bytes) -> bytes:
    """Sign a chain with the installation's key, which who rewrites a table does not have."""
    return tx.keys.digest(f"trail {visit_id} {lines} {chain.hex()}")
