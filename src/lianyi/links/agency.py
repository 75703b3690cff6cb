"""The insurance agency's national interface, over a wire that is signed both ways.

Every transaction is one message to one address: an envelope with its number, the sender's
institution and our key, and an answer whose `infcode` is zero or whose `err_msg` says why not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import msgspec

from lianyi.kernel.errand import Answer, Outcome
from lianyi.links.insurer import SETTLING, Act, Query, Sender, message_of, number_of
from lianyi.links.signed import SignedWire
from lianyi.links.wire import Unanswered

MESSAGES = "/v1/messages"
VERSION = "V1.0"
SUCCESS = 0
UNKNOWN = "NO_SUCH_SETTLEMENT"


class Message(msgspec.Struct, frozen=True):
    """The envelope of a request, as the interface names its parts."""

    infno: str
    msgid: str
    mdtrtarea_admvs: str
    fixmedins_code: str
    opter: str
    inf_time: str
    input: Any
    infver: str = VERSION


class Reply(msgspec.Struct, frozen=True):
    infcode: int
    inf_refmsgid: str
    err_msg: str = ""
    output: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Agency:
    wire: SignedWire
    clock: Callable[[], datetime]

    async def act(self, key: UUID, sender: Sender, act: Act) -> Answer:
        return await self._say(message_of(key), sender, act)

    async def ask(self, key: UUID, sender: Sender, act: Act) -> Answer | None:
        if not isinstance(act, SETTLING):
            return None
        asked = await self._say(uuid4().hex, sender, Query(act.person, message_of(key)))
        return None if asked.body.get("code") == UNKNOWN else asked

    async def _say(self, message: str, sender: Sender, act: Act) -> Answer:
        body = {k: v for k, v in msgspec.to_builtins(act).items() if k != "type"}
        asked = Message(
            infno=number_of(act),
            msgid=message,
            mdtrtarea_admvs=sender.area,
            fixmedins_code=sender.institution,
            opter=sender.operator,
            inf_time=self.clock().isoformat(),
            input=body,
        )
        status, reply = await self.wire.post(MESSAGES, asked, Reply)
        return _answer(status, reply, message)


def _answer(status: int, reply: Reply | None, message: str) -> Answer:
    if reply is None:
        return _refused(status)
    if reply.inf_refmsgid != message:  # an answer to something else is no answer
        raise Unanswered
    if reply.infcode == SUCCESS:
        return Answer(Outcome.YES, reply.output)
    code, _, words = reply.err_msg.partition("|")
    return Answer(Outcome.NO, {"code": code, "message": words})


def _refused(status: int) -> Answer:
    """Tell a wire that was refused from a message that was: the first may still be mended.

    :raises Unanswered: the agency doesn't know who we are, so nobody knows what it would say.
    """
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise Unanswered
    return Answer(Outcome.NO, {"code": str(status), "message": ""})
