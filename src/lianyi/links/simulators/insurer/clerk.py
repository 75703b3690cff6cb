"""What the agency does with each kind of message."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from sqlite3 import Row
from typing import Any, TypeVar

import msgspec

from lianyi.links import insurer
from lianyi.links.agency import UNKNOWN, Message
from lianyi.links.insurer import FeeLine, Settled
from lianyi.links.simulators.books import Books
from lianyi.links.simulators.insurer import ledger
from lianyi.links.simulators.insurer.ledger import Ledger, Refusal

T = TypeVar("T")
IDENTIFY = "1101"
HOSPITAL, PHARMACY = "H", "P"  # how the national codes of designated institutions begin
DONE: dict[str, Any] = {}


class Clerk:
    """Works in the transaction of whoever calls; a `Refusal` undoes what it has begun."""

    def __init__(
        self, books: Books, now: Callable[[], datetime], goes_wrong: Callable[[str], bool]
    ) -> None:
        self._books = books
        self._ledger = Ledger(books, now)
        self._goes_wrong = goes_wrong
        self._acts: dict[str, Callable[[Message], object]] = {
            IDENTIFY: self._identify,
            "2201": self._register,
            "2204": self._send_lines,
            "2206": lambda message: self._pre_settle(_read(message, insurer.PreSettle), message),
            "2207": self._settle,
            "2208": lambda message: self._cancel(_read(message, insurer.Cancel), message),
            "D003": self._prescribe,
            "2101": lambda message: self._pre_sell(_read(message, insurer.PreSell), message),
            "2102": self._sell,
            "2103": lambda message: self._cancel(_read(message, insurer.CancelSale), message),
            "2601": self._undo,
            "5203": self._query,
            "3505": self._sold,
            "3506": self._returned,
            "3201": self._totals,
            "3202": self._details,
        }

    def act(self, message: Message) -> object:
        """Do one message and return its output."""
        if message.infno not in self._acts:
            raise Refusal("NO_SUCH_TRANSACTION", "没有这个交易编号")
        if message.infno != IDENTIFY:  # which the person's own app may ask too
            self._ledger.institution(message.fixmedins_code)
        return self._acts[message.infno](message)

    def settled_elsewhere(self, person: str, scheme: str, fen: int) -> None:
        """Book what somebody has paid of their threshold before this began."""
        if fen:
            self._ledger.book_elsewhere(person, scheme, fen)

    def _identify(self, message: Message) -> insurer.Identified:
        asked = _read(message, insurer.Identify)
        row = self._books.one("SELECT * FROM person WHERE number = ?", asked.number)
        if row is None or row["name"] != asked.name:
            raise Refusal("NO_SUCH_PERSON", "未查到参保信息")
        self._ledger.shown(row, asked.credential, asked.credential_number)
        return insurer.Identified(
            insurer.BasePerson(row["psn_no"], row["number"], row["name"]),
            [
                insurer.Insurance(
                    row["scheme"],
                    row["type"],
                    row["state"],
                    row["area"],
                    ledger.yuan(row["balance"]),
                )
            ],
            [insurer.Standing("aid")] if row["aided"] else [],
            self._ledger.authorise(row["psn_no"]),
        )

    def _register(self, message: Message) -> insurer.Registered:
        asked = _read(message, insurer.Register)
        _only(message, HOSPITAL, "NOT_A_HOSPITAL")
        person = self._ledger.insured(asked.person, asked.scheme)
        self._ledger.shown(person, asked.credential, asked.credential_number, online=asked.online)
        agreed = self._ledger.institution(message.fixmedins_code)["online"]
        if asked.online and not agreed:
            raise Refusal("NOT_ONLINE", "未签订互联网医保补充协议")
        visit = f"V{message.msgid[-20:]}"
        self._books.run(
            "INSERT INTO visit VALUES (?, ?, ?, ?)",
            visit,
            message.fixmedins_code,
            asked.person,
            asked.online,
        )
        return insurer.Registered(visit)

    def _send_lines(self, message: Message) -> insurer.Rated:
        asked = _read(message, insurer.SendLines)
        visit = self._ledger.visit(asked.visit, message.fixmedins_code, asked.person)
        if visit["online"] and not all(line.diagnosis for line in asked.lines):
            raise Refusal("NO_DIAGNOSIS", "互联网复诊无诊断，不予支付")
        self._ledger.keep_lines(asked.visit, asked.batch, asked.lines)
        return insurer.Rated(self._rated(asked.lines))

    def _pre_settle(self, asked: insurer.PreSettle, message: Message) -> Settled:
        person, lines = self._due(asked, message)
        return self._told(person, lines, asked.sum, asked.account)

    def _settle(self, message: Message) -> Settled:
        asked = _read(message, insurer.Settle)
        person, lines = self._due(asked, message)
        if self._ledger.is_settled(asked.visit, asked.batch):
            raise Refusal("SETTLED_ALREADY", "该批次已结算")
        split = self._split(person, lines, asked.sum, asked.account)
        row = self._ledger.settle(
            message.msgid,
            message.fixmedins_code,
            person,
            split,
            visit=asked.visit,
            batch=asked.batch,
        )
        return self._settled(row, lines)

    def _due(
        self, asked: insurer.PreSettle | insurer.Settle, message: Message
    ) -> tuple[Row, list[FeeLine]]:
        person = self._ledger.insured(asked.person, asked.scheme)
        visit = self._ledger.visit(asked.visit, message.fixmedins_code, asked.person)
        self._ledger.shown(
            person, asked.credential, asked.credential_number, online=bool(visit["online"])
        )
        return person, self._ledger.lines(asked.visit, asked.batch)

    def _prescribe(self, message: Message) -> dict[str, Any]:
        asked = _read(message, insurer.Prescribe)
        _only(message, HOSPITAL, "NOT_A_HOSPITAL")
        self._ledger.keep_prescription(message.fixmedins_code, asked)
        return DONE

    def _buyer(self, asked: insurer.PreSell | insurer.Sell, message: Message) -> Row:
        _only(message, PHARMACY, "NOT_A_PHARMACY")
        person = self._ledger.insured(asked.person, asked.scheme)
        self._ledger.shown(person, asked.credential, asked.credential_number)
        self._ledger.prescribed(asked.person, asked.lines)
        return person

    def _pre_sell(self, asked: insurer.PreSell, message: Message) -> Settled:
        person = self._buyer(asked, message)
        return self._told(person, asked.lines, asked.sum, asked.account)

    def _sell(self, message: Message) -> Settled:
        """FR-20: without a scanned code no drug is settled."""
        asked = _read(message, insurer.Sell)
        person = self._buyer(asked, message)
        if any(not line.packs and self._ledger.item(line.item).is_drug for line in asked.lines):
            raise Refusal("NO_TRACE_CODE", "药品无追溯码，不予结算")
        split = self._split(person, asked.lines, asked.sum, asked.account)
        row = self._ledger.settle(
            message.msgid, message.fixmedins_code, person, split, visit=None, batch=message.msgid
        )
        for line in asked.lines:
            self._ledger.sell(row["id"], line.packs)
        return self._settled(row, asked.lines)

    def _cancel(self, asked: insurer.Cancel | insurer.CancelSale, message: Message) -> Settled:
        row = self._ledger.take_back(
            message.msgid, message.fixmedins_code, asked.person, asked.settlement
        )
        return self._settled(row, ())

    def _undo(self, message: Message) -> dict[str, Any]:
        """Let a message count for nothing, whether it has arrived, or arrives later."""
        asked = _read(message, insurer.Undo)
        settled = self._ledger.by_message(asked.message)
        if settled:
            self._ledger.take_back(
                message.msgid, message.fixmedins_code, asked.person, settled["id"]
            )
        self._books.run("INSERT OR IGNORE INTO undone VALUES (?)", asked.message)
        return DONE

    def _query(self, message: Message) -> Settled:
        asked = _read(message, insurer.Query)
        row = self._ledger.by_message(asked.own_number)
        if row is None or row["person"] != asked.person:
            raise Refusal(UNKNOWN, "没有这笔结算")
        return self._settled(row, ())

    def _sold(self, message: Message) -> dict[str, Any]:
        asked = _read(message, insurer.SoldPacks)
        self._settlement_of(asked, message)
        if self._ledger.is_cancelled(asked.settlement):
            raise Refusal("CANCELLED_ALREADY", "这笔结算已撤销")
        self._ledger.sell(asked.settlement, asked.packs)
        return DONE

    def _returned(self, message: Message) -> dict[str, Any]:
        asked = _read(message, insurer.ReturnedPacks)
        self._settlement_of(asked, message)
        self._ledger.take_packs(asked.settlement, asked.packs)
        return DONE

    def _settlement_of(self, asked: insurer.SoldPacks, message: Message) -> None:
        row = self._books.one("SELECT * FROM settlement WHERE id = ?", asked.settlement)
        if row is None or row["institution"] != message.fixmedins_code:
            raise Refusal(UNKNOWN, "没有这笔结算")

    def _totals(self, message: Message) -> insurer.Totalled:
        asked = _read(message, insurer.Totals)
        booked = self._booked(message, asked.scheme, asked.begins, asked.ends)
        ours = insurer.Statement(
            "",
            sum((one.sum for one in booked), insurer.NOTHING),
            sum((one.funds for one in booked), insurer.NOTHING),
            sum((one.account for one in booked), insurer.NOTHING),
            len(booked),
        )
        theirs = insurer.Statement("", asked.sum, asked.funds, asked.account, asked.count)
        result = insurer.BALANCED if ours == theirs else "1"
        return insurer.Totalled(msgspec.structs.replace(ours, result=result))

    def _details(self, message: Message) -> insurer.Detailed:
        asked = _read(message, insurer.Details)
        return insurer.Detailed(self._booked(message, asked.scheme, asked.begins, asked.ends))

    def _booked(
        self, message: Message, scheme: str, begins: str, ends: str
    ) -> list[insurer.Booked]:
        rows = self._ledger.of_days(message.fixmedins_code, scheme, begins, ends)
        return [
            insurer.Booked(
                row["id"],
                ledger.yuan(row["total"]),
                ledger.yuan(row["pool"] + row["critical"] + row["aid"]),
                ledger.yuan(row["account"]),
                row["cancels"] or "",
            )
            for row in rows
        ]

    def _rated(self, lines: Sequence[FeeLine]) -> list[insurer.RatedLine]:
        return [
            ledger.rated_line(line, self._ledger.item(line.item), self._ledger.rated(line))
            for line in lines
        ]

    def _told(self, person: Row, lines: Sequence[FeeLine], sum: Decimal, account: str) -> Settled:
        split = self._ledger.split(person, lines, sum, account)
        left = person["balance"] - split.account
        return Settled(ledger.settlement(split.amounts(), balance=left), self._rated(lines))

    def _split(
        self, person: Row, lines: Sequence[FeeLine], sum: Decimal, account: str
    ) -> ledger.Split:
        split = self._ledger.split(person, lines, sum, account)
        if self._goes_wrong("split_differently"):
            share = replace(split.share, pool=split.share.pool - 1)
            return replace(split, share=share)
        return split

    def _settled(self, row: Row, lines: Sequence[FeeLine]) -> Settled:
        person = self._books.one("SELECT balance FROM person WHERE psn_no = ?", row["person"])
        told = ledger.settlement(
            dict(row),
            balance=person["balance"] if person else 0,
            id=row["id"],
            own_number=row["message"],
            settled_at=row["at"],
        )
        return Settled(told, self._rated(lines))


def _only(message: Message, kind: str, code: str) -> None:
    """Hold a transaction to the kind of institution whose codes begin so."""
    if not message.fixmedins_code.startswith(kind):
        raise Refusal(code, "该类定点机构不能办理此业务")


def _read(message: Message, kind: type[T]) -> T:
    return msgspec.convert({**message.input, "type": message.infno}, kind)
