"""A person answers who may read what another institution holds of them (授权)."""

from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.kernel.work import Tx


async def agree(tx: Tx, *, consent_id: UUID) -> None:
    """Share what was asked for.

    :raises ProofTooLow, NoSuchConsent, WrongRole, WrongState:
    """
    await access.agree_to_consent(tx, await _own(tx), consent_id=consent_id)


async def refuse(tx: Tx, *, consent_id: UUID) -> None:
    """Share nothing. Raises as `agree` does."""
    await access.refuse_consent(tx, await _own(tx), consent_id=consent_id)


async def withdraw(tx: Tx, *, consent_id: UUID) -> None:
    """PRI-04: as easy as giving, and effective at once. Raises as `agree` does."""
    await access.withdraw_consent(tx, await _own(tx), consent_id=consent_id)


async def _own(tx: Tx) -> Chart:
    return await access.open_chart(
        tx, person_id=tx.actor.subject_id, purpose=Purpose.CONSENT, what="consent"
    )
