"""Somebody shows who they are, chooses a hat, and goes again (登录、选择岗位).

A phone code proves a phone, so who signs in by phone is a guest until the person behind it is
known. Staff prove password and one-time code and then choose a post.
"""

from dataclasses import replace
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose
from lianyi.accounts import service as accounts
from lianyi.accounts.model import CODE_LIFE, Account, Opened, Session
from lianyi.journeys import telling
from lianyi.kernel import errand
from lianyi.kernel.actor import NOWHERE, Actor
from lianyi.kernel.errand import Answer, Errand
from lianyi.kernel.work import Tx
from lianyi.links.sms import Message
from lianyi.people import queries as people
from lianyi.people.model import GUEST, RESIDENT, Post

TEMPLATE = "phone_code"
MINUTES = int(CODE_LIFE.total_seconds() // 60)


async def send_code(tx: Tx, *, phone: str) -> None:
    """Send a code to a phone. The answer is the same whether the phone is known or not.

    :raises BadPhone, TooManyCodes:
    """
    code_id = await accounts.new_code(tx, phone=phone)
    await errand.plan(tx, SEND_CODE.kind, thing_id=code_id)


async def by_phone(tx: Tx, *, phone: str, code: str) -> Opened | None:
    """Open a session for whoever typed the code back, or return None if it was not right.

    :raises BadPhone:
    """
    account = await accounts.prove_phone(tx, phone=phone, code=code)
    if account is None:
        return None
    return await accounts.open_session(tx, account=account, hat=own_hat(account))


async def by_password(tx: Tx, *, account_id: UUID, password: bool, code: str) -> Opened | None:
    """Open a session for a member of staff. `password` says whether it was right (SEC-02).

    Who holds one post wears it at once; who holds several chooses.

    :raises Resting:
    """
    account = await accounts.prove_staff(tx, account_id=account_id, password=password, code=code)
    if account is None or account.person_id is None:
        return None
    posts = await people.posts_of(tx, person_id=account.person_id)
    hat = _guest(account.person_id)
    if len(posts) == 1:
        hat = await people.hat(tx, person_id=account.person_id, post_id=posts[0].id)
    return await accounts.open_session(tx, account=account, hat=hat)


async def posts(tx: Tx, *, session: Session) -> list[Post]:
    """Return the hats this session may choose from."""
    person_id = session.account.person_id
    if person_id is None or not session.account.staff:
        return []
    return await people.posts_of(tx, person_id=person_id)


async def choose(tx: Tx, *, session: Session, post_id: UUID) -> Actor:
    """Wear the hat of a post.

    :raises NoSuchPost: also for somebody else's.
    """
    person_id = session.account.person_id or session.account.id
    hat = await people.hat(tx, person_id=person_id, post_id=post_id)
    await accounts.wear(tx, digest=session.digest, hat=hat)
    return hat


async def act_for(tx: Tx, *, session: Session, person_id: UUID) -> Actor:
    """Act for a member of the family, or for oneself again.

    :raises NoSuchPerson: without a live mandate for that person.
    """
    me = own_hat(session.account)
    hat = replace(me, for_person_id=None if person_id == me.person_id else person_id)
    await access.open_chart(
        replace(tx, actor=hat), person_id=person_id, purpose=Purpose.RECEIVE, what="act_for"
    )
    await accounts.wear(tx, digest=session.digest, hat=hat)
    return hat


async def come_in(tx: Tx, *, session: Session) -> Actor:
    """Let a guest whose card has been opened meanwhile see to their own affairs.

    :raises NoSuchPerson: as long as nobody is known to be behind the phone.
    """
    hat = own_hat(session.account)
    if hat.role == GUEST:
        raise NoSuchPerson(person_id=hat.person_id)
    await accounts.wear(tx, digest=session.digest, hat=hat)
    return hat


def own_hat(account: Account) -> Actor:
    """Return the hat in which a person sees to their own affairs, or a guest's."""
    if account.person_id is None:
        return _guest(account.id)
    return Actor(account.person_id, account.person_id, NOWHERE, RESIDENT)


def _guest(id: UUID) -> Actor:
    return Actor(id, id, NOWHERE, GUEST)


async def _prepare(tx: Tx, code_id: UUID) -> Message:
    phone, code = await accounts.code_to_send(tx, code_id=code_id)
    return Message(phone, TEMPLATE, {"code": code, "minutes": str(MINUTES)})


async def _record(tx: Tx, code_id: UUID, answer: Answer) -> None:
    """Nothing follows: who gets no code asks for another."""


SEND_CODE = Errand("sign_in.send_code", Message, _prepare, telling.send, telling.ask, _record)
