"""A member of staff sees to the own account: posts, password, where one is signed in (我的账号)."""

from dataclasses import dataclass

from lianyi.accounts import queries as accounts
from lianyi.accounts.model import Own, Session
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Post


@dataclass(frozen=True, slots=True)
class Account:
    own: Own
    posts: tuple[Post, ...]
    now: Post | None

    @property
    def name(self) -> str:
        return self.posts[0].name if self.posts else self.own.login


async def account(tx: Tx, *, session: Session) -> Account:
    """Return the account of a member of staff.

    :raises WrongRole: for residents, who have no password.
    """
    person_id = session.account.person_id
    if not session.account.staff or person_id is None:
        raise WrongRole(verb="account", role=tx.actor.role)
    own = await accounts.own(tx, account_id=session.account.id)
    posts = tuple(await people.posts_of(tx, person_id=person_id))
    worn = next((post for post in posts if post.id == tx.actor.post_id), None)
    return Account(own, posts, worn)
