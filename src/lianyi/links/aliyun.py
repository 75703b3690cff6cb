"""Text messages through Alibaba Cloud's carrier interface (阿里云短信服务).

Source: Alibaba Cloud SMS 2017-05-25, SendSms and QuerySendDetails. The carrier knows no
idempotency key: our key travels as OutId, and what is unknown is looked up by it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import msgspec

from lianyi.kernel import time
from lianyi.kernel.errand import Answer, Outcome
from lianyi.kernel.ids import made_at
from lianyi.links import acs3, client, wire
from lianyi.links.sms import Message

VERSION = "2017-05-25"
CARRIER_ZONE = ZoneInfo("Asia/Shanghai")
REMEMBERED = 30  # days for which the carrier answers questions
PAGE = 50  # the most it lists at once
FAILED = 2  # SendStatus: 1 waiting for the phone, 2 failed, 3 delivered


class Account(msgspec.Struct, frozen=True):
    """What the carrier gives a customer. `templates` maps our names to its codes."""

    access_key_id: str
    access_key_secret: str
    sign_name: str
    templates: dict[str, str]


class Sent(msgspec.Struct, frozen=True, rename="pascal"):
    code: str
    message: str = ""
    biz_id: str = ""


class Detail(msgspec.Struct, frozen=True, rename="pascal"):
    send_status: int
    err_code: str = ""
    out_id: str = ""


class Details(msgspec.Struct, frozen=True):
    items: list[Detail] = msgspec.field(name="SmsSendDetailDTO", default_factory=list)


class Found(msgspec.Struct, frozen=True):
    code: str = msgspec.field(name="Code")
    details: Details = msgspec.field(name="SmsSendDetailDTOs", default_factory=Details)


@dataclass(frozen=True, slots=True)
class AliyunSms:
    client: httpx.AsyncClient
    url: str
    papers: Path
    clock: Callable[[], datetime]  # of this installation, by which keys are drawn
    real: Callable[[], datetime]  # of the carrier, from which a demo's clock runs away

    async def send(self, key: UUID, message: Message) -> Answer:
        account = wire.papers(self.papers, Account)
        query = {
            "PhoneNumbers": message.phone,
            "SignName": account.sign_name,
            "TemplateCode": account.templates[message.template],
            "TemplateParam": json.dumps(dict(message.values), ensure_ascii=False),
            "OutId": key.hex,
        }
        sent = wire.read(await self._call(account, "SendSms", query), Sent)
        if sent.code != "OK":
            return Answer(Outcome.NO, {"code": sent.code})
        return Answer(Outcome.YES, {"receipt": sent.biz_id})

    async def ask(self, key: UUID, message: Message) -> Answer | None:
        account = wire.papers(self.papers, Account)
        for day in _days(self.clock() - made_at(key), self.real()):
            if detail := await self._find(account, key, message.phone, day):
                outcome = Outcome.NO if detail.send_status == FAILED else Outcome.YES
                return Answer(outcome, {"code": detail.err_code})
        return None

    async def _find(self, account: Account, key: UUID, phone: str, day: date) -> Detail | None:
        query = {"PhoneNumber": phone, "SendDate": f"{day:%Y%m%d}", "PageSize": str(PAGE)}
        for page in range(1, PAGE + 1):
            numbered = {**query, "CurrentPage": str(page)}
            answer = await self._call(account, "QuerySendDetails", numbered)
            items = _found(answer)
            for detail in items:
                if detail.out_id == key.hex:
                    return detail
            if len(items) < PAGE:
                break
        return None

    async def _call(self, account: Account, action: str, query: dict[str, str]) -> bytes:
        url = httpx.URL(self.url)
        headers = acs3.headers(
            host=url.netloc.decode(),
            action=action,
            version=VERSION,
            at=self.real(),
            nonce=uuid4().hex,
        )
        call = acs3.Call("POST", "/", query, headers)
        signed = acs3.authorization(account.access_key_id, account.access_key_secret, call)
        target = url.copy_with(path="/", query=acs3.query_string(query).encode())
        everything = {**headers, "authorization": signed}
        request = self.client.build_request("POST", target, headers=everything)
        return (await client.send(self.client, request)).content


def _found(answer: bytes) -> list[Detail]:
    """Return what the carrier lists. A refusal to answer a question leaves us not knowing."""
    found = wire.read(answer, Found)
    if found.code != "OK":
        raise wire.Unanswered
    return found.details.items


def _days(age: timedelta, now: datetime) -> Iterator[date]:
    """Yield the carrier's days, newest first, on which a message may have been handed over."""
    today = time.day(now, CARRIER_ZONE)
    oldest = time.day(now - age, CARRIER_ZONE)
    for back in range(min((today - oldest).days, REMEMBERED - 1) + 1):
        yield today - timedelta(days=back)
