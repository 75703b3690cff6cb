"""A carrier (短信运营商) that keeps every message it was given, and shows them to the demo.

POST /              SendSms and QuerySendDetails, signed with ACS3-HMAC-SHA256
GET /inbox?phone=   what a phone received, newest first
POST /templates     {"name": "text with ${variables}"}: register or change templates
"""

import hmac
import json
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from sqlite3 import Row
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from lianyi.kernel.config import Config
from lianyi.links import acs3
from lianyi.links.aliyun import Account
from lianyi.links.simulators.machine import Faults, Machine, answer, form

SCHEMA = """
CREATE TABLE IF NOT EXISTS template (
  name TEXT PRIMARY KEY, code TEXT UNIQUE NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS message (
  id INTEGER PRIMARY KEY, biz_id TEXT NOT NULL, out_id TEXT NOT NULL, phone TEXT NOT NULL,
  template TEXT NOT NULL, vars TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS message_phone ON message (phone);
CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY)
"""
SIGN_NAME = "联医演示"
FRESH = timedelta(minutes=15)
PHONE = re.compile(r"1\d{10}")
VARIABLE = re.compile(r"\$\{(\w+)\}")
AUTHORIZATION = re.compile(
    rf"{acs3.ALGORITHM} Credential=(\S+),SignedHeaders=(\S+),Signature=([0-9a-f]{{64}})"
)
MUST_SIGN = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"}
ZONE = ZoneInfo("Asia/Shanghai")
DELIVERED = 3


class Refusal(Exception):
    """A code of the carrier's own list."""


def app(config: Config) -> ASGIApp:
    return Carrier(Machine(config, "sms", SCHEMA, Faults())).app()


class Carrier:
    def __init__(self, machine: Machine[Faults]) -> None:
        self._machine = machine
        self._books = machine.books
        self._register(_own_templates())

    def app(self) -> ASGIApp:
        return self._machine.app(
            signed=[Route("/", self._act, methods=["POST"])],
            demo=[
                Route("/inbox", self._inbox),
                Route("/templates", self._templates, methods=["POST"]),
            ],
        )

    def _register(self, texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            self._books.run(
                "INSERT INTO template VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET text = excluded.text",
                name,
                f"SMS_{len(self._account().templates) + 1:06}",
                text,
            )
        self._machine.give(self._account())

    def _account(self) -> Account:
        """Return the customer's papers, the same ones at every start."""
        for name in ("access_key_id", "access_key_secret"):
            self._books.set(name, self._books.setting(name, secrets.token_hex(16)))
        return Account(
            access_key_id=self._books.setting("access_key_id", ""),
            access_key_secret=self._books.setting("access_key_secret", ""),
            sign_name=SIGN_NAME,
            templates={
                row["name"]: row["code"] for row in self._books.all("SELECT * FROM template")
            },
        )

    async def _act(self, request: Request) -> Response:
        acts: dict[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
            "SendSms": self._send,
            "QuerySendDetails": self._query,
        }
        try:
            self._check_signature(request, await request.body())
            act = acts[request.headers["x-acs-action"]]
            if self._machine.goes_wrong("refuse"):
                raise Refusal("isv.BUSINESS_LIMIT_CONTROL")
            said = {"Code": "OK", "Message": "OK", **act(request.query_params)}
        except Refusal as refusal:
            said = {"Code": str(refusal), "Message": str(refusal)}
        return answer({**said, "RequestId": str(uuid4())})

    def _check_signature(self, request: Request, payload: bytes) -> None:
        told = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if told is None:
            raise Refusal("IncompleteSignature")
        key_id, names, signature = told.groups()
        if not set(names.split(";")) >= MUST_SIGN:
            raise Refusal("IncompleteSignature")
        account = self._account()
        headers = {name: request.headers.get(name, "") for name in names.split(";")}
        call = acs3.Call(
            request.method, request.url.path, dict(request.query_params), headers, payload
        )
        if key_id != account.access_key_id:
            raise Refusal("InvalidAccessKeyId.NotFound")
        if not hmac.compare_digest(signature, acs3.sign(account.access_key_secret, call)):
            raise Refusal("SignatureDoesNotMatch")
        self._check_freshness(headers)

    def _check_freshness(self, signed: Mapping[str, str]) -> None:
        at = datetime.strptime(signed["x-acs-date"], acs3.DATE).replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - at) > FRESH:
            raise Refusal("InvalidTimeStamp.Expired")
        if not self._books.run(
            "INSERT OR IGNORE INTO nonce VALUES (?)", signed["x-acs-signature-nonce"]
        ):
            raise Refusal("SignatureNonceUsed")

    def _send(self, query: Mapping[str, str]) -> dict[str, Any]:
        if not PHONE.fullmatch(query["PhoneNumbers"]):
            raise Refusal("isv.MOBILE_NUMBER_ILLEGAL")
        if query["SignName"] != SIGN_NAME:
            raise Refusal("isv.SMS_SIGNATURE_ILLEGAL")
        biz_id = uuid4().hex
        for _ in range(2 if self._machine.goes_wrong("duplicate") else 1):
            self._keep(biz_id, query)
        return {"BizId": biz_id}

    def _keep(self, biz_id: str, query: Mapping[str, str]) -> None:
        found = self._books.one("SELECT * FROM template WHERE code = ?", query["TemplateCode"])
        if found is None:
            raise Refusal("isv.SMS_TEMPLATE_ILLEGAL")
        values = json.loads(query["TemplateParam"])
        self._books.run(
            "INSERT INTO message (biz_id, out_id, phone, template, vars, text, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            biz_id,
            query["OutId"],
            query["PhoneNumbers"],
            found["code"],
            query["TemplateParam"],
            f"【{SIGN_NAME}】{_filled(found['text'], values)}",
            self._machine.now().isoformat(),
        )

    def _query(self, query: Mapping[str, str]) -> dict[str, Any]:
        day, size = query["SendDate"], int(query["PageSize"])
        rows = [
            row
            for row in self._received(query["PhoneNumber"])
            if f"{_local(row['at']):%Y%m%d}" == day
        ]
        start = size * (int(query["CurrentPage"]) - 1)
        return {
            "TotalCount": str(len(rows)),
            "SmsSendDetailDTOs": {
                "SmsSendDetailDTO": [_detail(row) for row in rows[start : start + size]]
            },
        }

    def _received(self, phone: str) -> list[Row]:
        return self._books.all(
            "SELECT message.*, name FROM message JOIN template ON code = template"
            " WHERE phone = ? ORDER BY message.id DESC",
            phone,
        )

    async def _inbox(self, request: Request) -> Response:
        rows = self._received(request.query_params.get("phone", ""))
        return answer(
            [
                {
                    "at": row["at"],
                    "template": row["name"],
                    "values": json.loads(row["vars"]),
                    "text": row["text"],
                }
                for row in rows
            ]
        )

    async def _templates(self, request: Request) -> Response:
        self._register(await form(request, dict[str, str]))
        return answer(self._account().templates)


def _own_templates() -> dict[str, str]:
    """Return the texts a hospital registers with its carrier, by our names."""
    text = files("lianyi.links.simulators").joinpath("templates.toml").read_text("utf-8")
    return tomllib.loads(text)


def _filled(text: str, values: Mapping[str, str]) -> str:
    missing = set(VARIABLE.findall(text)) - set(values)
    if missing:
        raise Refusal("isv.TEMPLATE_MISSING_PARAMETERS")
    return VARIABLE.sub(lambda found: values[found[1]], text)


def _local(at: str) -> datetime:
    return datetime.fromisoformat(at).astimezone(ZONE)


def _detail(row: Row) -> dict[str, Any]:
    at = f"{_local(row['at']):%Y-%m-%d %H:%M:%S}"
    return {
        "PhoneNum": row["phone"],
        "SendStatus": DELIVERED,
        "ErrCode": "DELIVERED",
        "TemplateCode": row["template"],
        "Content": row["text"],
        "SendDate": at,
        "ReceiveDate": at,
        "OutId": row["out_id"],
    }
