"""The agency's books: a message is done once, a settlement is taken back as a whole.

What a year has used up is never stored: it is the sum over settlements and what took them back,
so that taking one back restores it exactly (INS-09, INS-21).
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from sqlite3 import Row
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from lianyi.kernel.money import to_fen
from lianyi.links import insurer
from lianyi.links.insurer import FeeLine, RatedLine, Settlement
from lianyi.links.simulators.books import Books
from lianyi.links.simulators.insurer import engine
from lianyi.links.simulators.insurer.engine import Item, Part, Share, Used

SCHEMA = """
CREATE TABLE IF NOT EXISTS institution (
  code TEXT PRIMARY KEY, name TEXT NOT NULL, online INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS person (
  psn_no TEXT PRIMARY KEY, number TEXT UNIQUE NOT NULL, name TEXT NOT NULL, scheme TEXT NOT NULL,
  type TEXT NOT NULL, state TEXT NOT NULL, area TEXT NOT NULL, aided INTEGER NOT NULL,
  balance INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS credential (
  number TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person,
  ended INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX IF NOT EXISTS credential_standing ON credential (person) WHERE NOT ended;
CREATE TABLE IF NOT EXISTS prescription (
  number TEXT PRIMARY KEY, institution TEXT NOT NULL, person TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS item (
  code TEXT PRIMARY KEY, level TEXT NOT NULL, first_share TEXT NOT NULL, standard INTEGER,
  is_drug INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS message (
  id TEXT PRIMARY KEY, digest BLOB NOT NULL, output BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS undone (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS visit (
  id TEXT PRIMARY KEY, institution TEXT NOT NULL REFERENCES institution,
  person TEXT NOT NULL REFERENCES person, online INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS line (
  visit TEXT NOT NULL REFERENCES visit, batch TEXT NOT NULL, number TEXT NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY (visit, number));
CREATE TABLE IF NOT EXISTS settlement (
  id TEXT PRIMARY KEY, message TEXT UNIQUE NOT NULL, institution TEXT NOT NULL, visit TEXT,
  batch TEXT NOT NULL, person TEXT NOT NULL, scheme TEXT NOT NULL, at TEXT NOT NULL,
  cancels TEXT UNIQUE REFERENCES settlement, total INTEGER NOT NULL, own INTEGER NOT NULL,
  over INTEGER NOT NULL, first INTEGER NOT NULL, in_range INTEGER NOT NULL,
  deductible INTEGER NOT NULL, pool INTEGER NOT NULL, critical INTEGER NOT NULL,
  aid INTEGER NOT NULL, account INTEGER NOT NULL, cash INTEGER NOT NULL,
  CHECK (total = pool + critical + aid + account + cash));
CREATE INDEX IF NOT EXISTS settlement_person ON settlement (person, scheme);
CREATE TABLE IF NOT EXISTS pack (
  code TEXT PRIMARY KEY, settlement TEXT NOT NULL REFERENCES settlement)
"""
AMOUNTS = (
    "total",
    "own",
    "over",
    "first",
    "in_range",
    "deductible",
    "pool",
    "critical",
    "aid",
    "account",
    "cash",
)
USED = """SELECT coalesce(sum(deductible), 0) AS deductible, coalesce(sum(pool), 0) AS pool,
            coalesce(sum(in_range - pool), 0) AS carried
          FROM settlement WHERE person = ? AND scheme = ? AND substr(at, 1, 4) = ?"""
OF_DAYS = """SELECT * FROM settlement WHERE institution = ? AND scheme = ?
               AND substr(at, 1, 10) BETWEEN ? AND ? ORDER BY rowid"""
INSERT = f"""INSERT INTO settlement (id, message, institution, visit, batch, person, scheme, at,
               cancels, {", ".join(AMOUNTS)}) VALUES ({", ".join("?" * (9 + len(AMOUNTS)))})"""
ELSEWHERE = ""  # an institution nobody here knows
ZONE = ZoneInfo("Asia/Shanghai")


class Refusal(Exception):
    """A code of the agency's own, and why."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


@dataclass(frozen=True, slots=True)
class Split:
    """A share, and what of the person's part their account pays."""

    share: Share
    parts: Sequence[Part]
    account: int

    def amounts(self) -> dict[str, int]:
        share = self.share
        return {
            "total": share.sum,
            "own": sum(part.own for part in self.parts),
            "over": sum(part.over for part in self.parts),
            "first": sum(part.first for part in self.parts),
            "in_range": share.in_range,
            "deductible": share.deductible,
            "pool": share.pool,
            "critical": share.critical,
            "aid": share.aid,
            "account": self.account,
            "cash": share.person - self.account,
        }


@dataclass(frozen=True, slots=True)
class Ledger:
    books: Books
    now: Callable[[], datetime]

    def institution(self, code: str) -> Row:
        row = self.books.one("SELECT * FROM institution WHERE code = ?", code)
        if row is None:
            raise Refusal("NOT_DESIGNATED", "不是定点医药机构")
        return row

    def insured(self, psn_no: str, scheme: str) -> Row:
        row = self.books.one("SELECT * FROM person WHERE psn_no = ?", psn_no)
        if row is None or row["scheme"] != scheme:
            raise Refusal("NO_SUCH_PERSON", "未查到参保信息")
        if row["state"] != insurer.INSURED:
            raise Refusal("NOT_INSURED", "参保状态不正常")
        return row

    def shown(self, person: Row, kind: str, number: str, *, online: bool = False) -> None:
        """INS-01: look at what was shown of a person. INS-17: online an e-credential only."""
        if not number:
            raise Refusal("NO_CREDENTIAL", "未出示就诊凭证")
        if kind == insurer.ID_CARD and not online:
            if number != person["number"]:
                raise Refusal("CREDENTIAL_UNKNOWN", "凭证与参保人不符")
            return
        row = self.books.one("SELECT * FROM credential WHERE number = ?", number)
        if kind != insurer.E_CREDENTIAL or row is None or row["person"] != person["psn_no"]:
            raise Refusal("CREDENTIAL_UNKNOWN", "没有这个医保电子凭证")
        if row["ended"]:
            raise Refusal("CREDENTIAL_ENDED", "医保电子凭证授权已终止")

    def authorise(self, person: str) -> str:
        """Return the number of the e-credential that stands for a person, or of a new one."""
        row = self.books.one("SELECT * FROM credential WHERE person = ? AND NOT ended", person)
        if row:
            return str(row["number"])
        number = secrets.token_hex(16)
        self.books.run("INSERT INTO credential (number, person) VALUES (?, ?)", number, person)
        return number

    def keep_prescription(self, institution: str, asked: insurer.Prescribe) -> None:
        """Keep what a hospital has written; only it may say anew what that was."""
        row = self.books.one("SELECT * FROM prescription WHERE number = ?", asked.number)
        if row and (row["institution"], row["person"]) != (institution, asked.person):
            raise Refusal("PRESCRIPTION_KNOWN", "处方号已由其他机构或为他人上传")
        values = (asked.number, institution, asked.person, msgspec.json.encode(asked.drugs))
        self.books.run("INSERT OR REPLACE INTO prescription VALUES (?, ?, ?, ?)", *values)

    def prescribed(self, person: str, lines: Sequence[FeeLine]) -> None:
        """INS-17: hold a sale to what a hospital has uploaded for this person."""
        for line in lines:
            if not line.prescription and not self.item(line.item).is_drug:
                continue
            if not line.prescription:
                raise Refusal("NO_PRESCRIPTION", "药品无处方，不予结算")
            row = self.books.one("SELECT * FROM prescription WHERE number = ?", line.prescription)
            if row is None or row["person"] != person:
                raise Refusal("PRESCRIPTION_UNKNOWN", "没有这张处方")
            drugs = msgspec.json.decode(row["body"], type=list[insurer.Prescribed])
            many = sum(one.quantity for one in drugs if one.item == line.item)
            if self.item(line.item).is_drug and line.quantity > many:
                raise Refusal("NOT_PRESCRIBED", "药品或数量不在处方内")

    def visit(self, id: str, institution: str, person: str) -> Row:
        row = self.books.one("SELECT * FROM visit WHERE id = ?", id)
        if row is None or (row["institution"], row["person"]) != (institution, person):
            raise Refusal("NO_SUCH_VISIT", "没有这次就诊登记")
        return row

    def rated(self, line: FeeLine) -> Part:
        """INS-06. Only cents count, and a line is what its price and number make it."""
        sum = to_fen(line.sum)
        if sum < 0 or line.quantity <= 0 or abs(to_fen(line.price * line.quantity) - sum) > 1:
            raise Refusal("BAD_LINE", "明细的金额与单价、数量不符")
        return engine.rate(self.item(line.item), sum, line.quantity)

    def item(self, code: str) -> Item:
        """Return an entry of the catalogue; what isn't in it is the person's own affair."""
        row = self.books.one("SELECT * FROM item WHERE code = ?", code)
        if row is None:
            return Item()
        first_share = Decimal(row["first_share"])
        return Item(row["level"], first_share, row["standard"], bool(row["is_drug"]))

    def keep_lines(self, visit: str, batch: str, lines: Sequence[FeeLine]) -> None:
        for line in lines:
            body = msgspec.json.encode(line)
            kept = self.books.run(
                "INSERT OR IGNORE INTO line VALUES (?, ?, ?, ?)", visit, batch, line.number, body
            )
            if not kept:
                raise Refusal("LINE_KNOWN", "明细流水号重复")

    def lines(self, visit: str, batch: str) -> list[FeeLine]:
        rows = self.books.all(
            "SELECT body FROM line WHERE visit = ? AND batch = ? ORDER BY number", visit, batch
        )
        return [msgspec.json.decode(row["body"], type=FeeLine) for row in rows]

    def split(self, person: Row, lines: Sequence[FeeLine], sum: Decimal, account: str) -> Split:
        """Return who pays what, had it been settled now."""
        parts = [self.rated(line) for line in lines]
        if not parts or to_fen(sum) != _total(parts):
            raise Refusal("SUM_DIFFERS", "费用总额与明细不符")
        share = engine.share(
            engine.SCHEMES[person["scheme"]],
            parts,
            self.used(person),
            retired=person["type"].startswith(engine.RETIRED),
            aided=bool(person["aided"]),
        )
        wants = account == insurer.USED
        return Split(share, parts, min(person["balance"], share.person) if wants else 0)

    def used(self, person: Row) -> Used:
        row = self.books.one(USED, person["psn_no"], person["scheme"], f"{self._now():%Y}")
        return Used(**dict(row)) if row else Used()

    def settle(
        self,
        message: str,
        institution: str,
        person: Row,
        split: Split,
        *,
        visit: str | None,
        batch: str,
    ) -> Row:
        """Book a settlement and take from the account what it pays."""
        where = (message, institution, visit, batch, person["psn_no"], person["scheme"])
        row = self._book(where, split.amounts())
        self._draw(person["psn_no"], split.account)
        return row

    def book_elsewhere(self, person: str, scheme: str, fen: int) -> None:
        amounts = dict.fromkeys(AMOUNTS, 0)
        for name in ("total", "in_range", "deductible", "cash"):
            amounts[name] = fen
        self._book((f"elsewhere-{person}", ELSEWHERE, None, "", person, scheme), amounts)

    def is_settled(self, visit: str, batch: str) -> bool:
        """Return whether a batch has a settlement that stands."""
        return bool(
            self.books.one(
                """SELECT 1 FROM settlement s WHERE visit = ? AND batch = ? AND cancels IS NULL
                     AND NOT EXISTS (SELECT 1 FROM settlement WHERE cancels = s.id)""",
                visit,
                batch,
            )
        )

    def take_back(self, message: str, institution: str, person: str, settlement: str) -> Row:
        """INS-21: book the same with the opposite sign.

        The packs of a sale came with it and go with it; what was told of a visit's settlement
        later (3505) is told of again (3506).
        """
        row = self.books.one("SELECT * FROM settlement WHERE id = ?", settlement)
        if row is None or (row["institution"], row["person"]) != (institution, person):
            raise Refusal("NO_SUCH_SETTLEMENT", "没有这笔结算")
        if row["cancels"] or self.is_cancelled(settlement):
            raise Refusal("CANCELLED_ALREADY", "这笔结算已撤销")
        where = (message, institution, row["visit"], row["batch"], row["person"], row["scheme"])
        taken = self._book(where, {name: -row[name] for name in AMOUNTS}, cancels=settlement)
        self._draw(row["person"], -row["account"])
        if row["visit"] is None:
            self.books.run("DELETE FROM pack WHERE settlement = ?", settlement)
        return taken

    def by_message(self, message: str) -> Row | None:
        """Return what a message has settled and nobody has taken back."""
        row = self.books.one("SELECT * FROM settlement WHERE message = ?", message)
        return None if row is None or self.is_cancelled(row["id"]) else row

    def sell(self, settlement: str, packs: Sequence[insurer.TraceCode]) -> None:
        """FR-21: a pack is sold once."""
        for pack in packs:
            sold = self.books.run("INSERT OR IGNORE INTO pack VALUES (?, ?)", pack.code, settlement)
            owner = self.books.one("SELECT settlement FROM pack WHERE code = ?", pack.code)
            if not sold and owner and owner["settlement"] != settlement:
                raise Refusal("PACK_SOLD", "追溯码已销售")

    def take_packs(self, settlement: str, packs: Sequence[insurer.TraceCode]) -> None:
        for pack in packs:
            self.books.run(
                "DELETE FROM pack WHERE code = ? AND settlement = ?", pack.code, settlement
            )

    def of_days(self, institution: str, scheme: str, begins: str, ends: str) -> list[Row]:
        return self.books.all(OF_DAYS, institution, scheme, begins, ends)

    def is_cancelled(self, id: str) -> bool:
        return self.books.one("SELECT 1 FROM settlement WHERE cancels = ?", id) is not None

    def _book(
        self,
        where: tuple[str | None, ...],
        amounts: Mapping[str, int],
        *,
        cancels: str | None = None,
    ) -> Row:
        id = f"{self._now():%Y%m%d}{secrets.randbelow(10**12):012d}"
        values = [amounts[name] for name in AMOUNTS]
        at = self._now().isoformat(timespec="seconds")
        self.books.run(INSERT, id, *where, at, cancels, *values)
        (row,) = self.books.all("SELECT * FROM settlement WHERE id = ?", id)
        return row

    def _draw(self, person: str, fen: int) -> None:
        self.books.run("UPDATE person SET balance = balance - ? WHERE psn_no = ?", fen, person)

    def _now(self) -> datetime:
        return self.now().astimezone(ZONE)


def settlement(amounts: Mapping[str, Any], *, balance: int = 0, **given: str) -> Settlement:
    """Return amounts as the interface tells them."""
    told = {name: yuan(amounts[name]) for name in AMOUNTS}
    return Settlement(
        sum=told["total"],
        own=told["own"],
        over_standard=told["over"],
        first_pay=told["first"],
        in_range=told["in_range"],
        deductible=told["deductible"],
        pool=told["pool"],
        critical=told["critical"],
        aid=told["aid"],
        other=insurer.NOTHING,
        account=told["account"],
        cash=told["cash"],
        balance=yuan(balance),
        **given,
    )


def rated_line(line: FeeLine, item: Item, part: Part) -> RatedLine:
    return RatedLine(
        number=line.number,
        sum=yuan(part.sum),
        level=item.level,
        first_share=item.first_share,
        own=yuan(part.own),
        over_standard=yuan(part.over),
        first_pay=yuan(part.first),
        in_range=yuan(part.in_range),
    )


def yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


def _total(parts: Sequence[Part]) -> int:
    return sum(part.sum for part in parts)
