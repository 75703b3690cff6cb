"""The numbers of one jurisdiction from one day on, by the id of the rule that needs them.

What ships is a proposal that nobody has signed. An installation writes its own in a file: who
answers for it, the numbers that differ, and whom a rule makes an exception for.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Permit:
    """Whom a rule excepts for a time: a place and a physician by their licences, one subject."""

    institution: str
    subject: str
    physician: str
    since: date
    until: date  # its last day

    def __post_init__(self) -> None:
        named = (self.institution, self.subject, self.physician)
        if not all(type(each) is str and each for each in named):
            raise TypeError(named)
        if not (type(self.since) is date and type(self.until) is date) or self.since > self.until:
            raise ValueError(f"{self.since}..{self.until}")

    def holds(self, day: date) -> bool:
        return self.since <= day <= self.until


@dataclass(frozen=True, slots=True)
class Profile:
    """`approved_by` names the jurist who has signed it; empty: nobody has.

    `permits` are the exceptions by the rule that allows them: none, where none are named.
    """

    version: str
    since: datetime
    zone: ZoneInfo
    numbers: Mapping[str, int]
    approved_by: str = ""
    permits: Mapping[str, tuple[Permit, ...]] = field(default_factory=dict)

    def __getitem__(self, rule: str) -> int:
        return self.numbers[rule]


CHINA = (
    Profile(
        version="cn-2022",
        since=datetime(2022, 1, 1, tzinfo=UTC),
        zone=ZoneInfo("Asia/Shanghai"),
        numbers=MappingProxyType(
            {
                "CAP-10.cancel": 2,  # hours before the visit until which a fee is given back
                "CAP-10.check_in": 60,  # minutes before the visit from which one may check in
                "CAP-11.horizon": 14,  # days ahead that can be booked
                "CAP-11.offer": 30,  # minutes a number is kept for the waiting list
                "CAP-12.missed": 3,  # calls after which somebody who missed theirs is due again
                "CAP-12.returning": 2,  # new patients between two who return with results
                "CAP-115": 10,  # hour of the day from which yesterday's statement is ready
                "CAP-13": 120,  # minutes for which the code of a payment can be scanned
                "CAP-52": 60,  # minutes a store has to answer whether it fills a prescription
                "CAP-52.pay": 120,  # minutes to pay for medicines that are kept ready
                "CAP-55": 48,  # hours to collect what is paid; then all of it is reversed
                "CON-08": 3,  # years of practice before treating online
                "CON-08.checked": 365,  # days for which a look into the register counts
                "CON-09": 12,  # hours for which a doctor's identity counts as proven online
                "CON-11": 6,  # years from which a child is treated online without its guardian
                "CON-27": 30,  # minutes to pay for an online visit
                "EMR-05": 24,  # hours a broken glass stays open
                "EMR-17": 24,  # hours until its review is due
                "FD-08": 48,  # hours before a visit at which reserved numbers become public
                "IDN-01": 5,  # applications for a card a phone may make a day
                "IDN-03": 60,  # seconds a card's code lives
                "IDN-06": 14,  # years at which a guardian is reviewed
                "IDN-06.adult": 18,  # years at which a guardian's mandate ends
                "IDN-06.invitation": 7,  # days an adult has to answer
                "IDN-07.delay_max": 20,  # minutes until a freed number is public again, at random
                "IDN-07.delay_min": 3,
                "IDN-07.missed": 3,  # no-shows within so many days that end booking online
                "IDN-07.missed_days": 180,
                "IDN-07.per_day": 3,  # appointments of one person on one day
                "IDN-08": 60,  # minutes a number's time may be wide
                "IDN-09": 15,  # minutes to confirm or pay
                # Both schemes' figures are the demo region's own invention: all of them are local.
                "INS-05.doubt": 2,  # minutes the agency has to answer a settlement
                "INS-05.give_up": 30,  # minutes until an unknown settlement is undone
                "INS-08.310.ratio": 70,  # hundredths the pool pays of what counts
                "INS-08.310.retired": 75,
                "INS-08.390.ratio": 60,
                "INS-09.310.ceiling": 600_000,  # fen a year
                "INS-09.310.deductible": 20_000,
                "INS-09.390.ceiling": 300_000,
                "INS-09.390.deductible": 10_000,
                "INS-10.ratio": 60,  # hundredths
                "INS-10.threshold": 1_800_000,  # fen a year left to the person
                "INS-11.ratio": 70,  # hundredths
                "INT-07": 20,  # numbers an app may ask for in vain in an hour
                "INT-07.day": 500,  # and in all in a day
                "LIC-02": 90,  # days before the end of a licence at which one is first reminded
                "LIC-02.soon": 30,
                "LIC-02.last": 7,
                "LIC-04": 12,  # hours after which a forgotten duty has ended
                "PH-02": 3,  # years of practice before reviewing prescriptions
                "PR-07": 30,  # days before its expiry from which a pack is not handed out
                "PR-07.near": 180,  # days before its expiry from which a batch is shown as near
                "PH-11": 15,  # minutes after which a review has waited too long
                "PH-11.claim": 10,  # minutes a pharmacist keeps a prescription from others
                "LIC-11": 60,  # minutes until a report to the province has its receipt
                "LIC-11.tally": 1,  # hour of the day from which yesterday's counts are compared
                "CON-18": 7,  # days for which an approved case opens a name or a conversation
                "PRI-05": 48,  # hours before somebody who refused is asked again
                "PRI-20": 0,  # 1: data in bulk may leave the country, after an assessment of that
                "PRI-28": 500,  # persons of whom an app gets data in bulk without two who agree
                "PRI-28.files": 24,  # hours for which exported files are kept
                "PRI-28.wait": 7,  # days for which an export waits for who agrees
                "LRX-01": 28,  # days a supply may last without what LRX-02 demands
                "PH-04.kidney": 180,  # days for which a kidney value is fresh
                "PH-04.weight": 180,
                "RX-01": 1,  # days a prescription is valid, the day of issue counted
                "RX-01.most": 3,
                "RX-02": 7,  # days a supply may last
                "RX-03": 3,
                "RX-06": 5,  # drugs on one prescription
                "RX-20": 2,
                "TEL-14": 10,  # minutes until an unanswered critical value escalates
            }
        ),
    ),
)

PERMITTING = frozenset({"CON-06"})  # first visits online: closed to all who aren't on its list
ASSESSED = ("PRI-20",)  # off, unless an impact assessment of its own is named
_profiles = {each.version: each for each in CHINA}


def at(now: datetime) -> Profile:
    return max((p for p in _profiles.values() if p.since <= now), key=lambda p: p.since)


def adopt(file: Path) -> None:
    """Go by the profiles of this file too, if there is one.

    Each `[[profile]]` has a version, since (a day), approved_by and the numbers that differ from
    those in force until then; `permits` name all who are excepted from then on. What is off until
    it is assessed (PRI-11) goes on with the id of that assessment, under `assessments`.

    :raises OSError, KeyError, TypeError, ValueError: for a file that can't be gone by.
    """
    if file.exists():
        for told in tomllib.loads(file.read_text(encoding="utf-8"))["profile"]:
            own = _own(**told)
            _profiles[own.version] = own


def _own(
    *,
    version: str,
    since: date,
    approved_by: str,
    numbers: Mapping[str, int],
    assessments: Mapping[str, str] = MappingProxyType({}),
    permits: Mapping[str, Sequence[Mapping[str, Any]]] = MappingProxyType({}),
) -> Profile:
    zone = CHINA[-1].zone
    begins = datetime.combine(since, time(), zone)
    before = at(begins).numbers
    if strange := sorted({*(set(numbers) - set(before)), *(set(permits) - PERMITTING)}):
        raise ValueError(", ".join(strange))
    if not all(type(value) is int for value in numbers.values()):
        raise TypeError(version)
    if bare := [each for each in ASSESSED if numbers.get(each) and not assessments.get(each)]:
        raise ValueError(", ".join(bare))
    excepted = {rule: tuple(Permit(**each) for each in given) for rule, given in permits.items()}
    return Profile(
        version,
        begins,
        zone,
        MappingProxyType({**before, **numbers}),
        approved_by,
        MappingProxyType(excepted),
    )
