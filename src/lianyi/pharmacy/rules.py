"""What may be sold which way, what a code says, what is missing before medicines leave. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from lianyi.pharmacy.model import (
    OVER,
    PROVEN_BY_SCAN,
    BatchState,
    Check,
    Delivery,
    Finding,
    Line,
    Pack,
    Sale,
    Seller,
    SellerKind,
    Shelf,
    Want,
)
from lianyi.terminology.model import Control, Drug

REASON_MIN = 2  # characters
GS1 = re.compile(r"\(?01\)?(\d{14})(?:.*?)(?:\(21\)|\x1d21|(?<=\d{14})21)([!-~]{1,20}?)(?:\x1d.*)?")
# PR-09: 20 digits of the main platform, or the longer and shorter numbers of makers' own.
NUMERIC = re.compile(r"\d{16,30}")

# DS-03, DS-04: 药品网络销售禁止清单（第一版）, NMPA, in force 2022-12-01, as RULES names them.
# By the code of the substance in the master; single-ingredient products only.
NOT_ONLINE = frozenset(
    {
        "digoxin", "disopyramide", "quinidine", "prazosin", "procainamide", "propafenone",
        "amiodarone", "quinine", "aminophylline", "choline theophyllinate", "isoprenaline",
        "phenytoin", "carbamazepine", "lamotrigine", "chloral hydrate", "dabigatran etexilate",
        "warfarin", "ticagrelor", "cilostazol", "primidone", "lithium carbonate", "isoflurane",
        "sevoflurane", "enflurane", "desflurane", "colchicine", "mifepristone", "cyproterone",
        "carboprost methylate", "estradiol", "misoprostol", "dinoprostone", "faropenem",
        "fusidic acid", "voriconazole", "linezolid", "nemonoxacin", "posaconazole", "cefdinir",
        "itraconazole", "levornidazole", "cefpodoxime proxetil", "dextromethorphan",
    }
)  # fmt: skip
ANTIBACTERIAL_ATC = ("J01", "J02")
TOPICAL = frozenset({"滴眼液", "软膏剂", "鼻喷雾剂"})
INJECTION, GLUCOSE_LOWERING = "注射", "A10"
COLD = re.compile(r"2\s*[～~-]\s*8\s*℃")


def is_reason(text: str) -> bool:
    return len(text.strip()) >= REASON_MIN


def trace_code(text: str) -> str | None:
    """Return a scanned trace code in the one form it is kept in, or None if it is none (PR-09).

    A GS1 square code names product and serial; lot and expiry in it are the batch's affair.
    """
    text = text.strip()
    if NUMERIC.fullmatch(text) and not text.startswith("01"):
        return text
    if found := GS1.fullmatch(text):
        return f"01{found[1]}21{found[2]}"
    return text if NUMERIC.fullmatch(text) else None


def selling_findings(drug: Drug, seller: Seller, *, delivers: bool) -> tuple[Finding, ...]:
    """Return what keeps a drug from being sold this way by this seller. Empty: nothing."""
    remote = delivers or not seller.has_counter
    found = []
    if drug.control is not Control.NONE and seller.kind is not SellerKind.HOSPITAL:
        found.append(Finding("DS-02", "controlled", drug.name))
    if drug.control is not Control.NONE and remote:
        found.append(Finding("DS-17", "controlled", drug.name))
    if remote and seller.kind is not SellerKind.HOSPITAL:
        found += _online_findings(drug)
    if remote and COLD.search(drug.storage):
        # No temperature log without gaps can be kept here, so what needs one isn't sent (DS-16).
        found.append(Finding("DS-16", "cold", drug.name))
    return tuple(found)


def _online_findings(drug: Drug) -> Iterable[Finding]:
    if INJECTION in drug.form and not drug.atc.startswith(GLUCOSE_LOWERING):
        yield Finding("DS-03", "injection", drug.name)
    single = len(drug.contents) == 1
    exempt = drug.atc.startswith(ANTIBACTERIAL_ATC) and drug.form in TOPICAL
    if single and not exempt and drug.inn.lower() in NOT_ONLINE:
        yield Finding("DS-04", "listed", drug.name)


def last_good_day(today: date, days: int) -> date:
    """PR-07: what expires up to this day is not handed out any more."""
    return today + timedelta(days=days)


def is_blocked(pack: Pack, last_day: date) -> bool:
    """PR-07: locked away, destroyed, expired or about to."""
    return pack.state is not BatchState.IN_STOCK or pack.expires_on <= last_day


def is_near_expiry(expires_on: date, today: date, days: int) -> bool:
    return expires_on <= today + timedelta(days=days)


def lines_for(sale: Sale, code: str) -> tuple[Line, ...]:
    """Return the lines a pack of this drug can be scanned for."""
    return tuple(line for line in sale.sold if line.code == code)


def is_full(line: Line) -> bool:
    return line.scanned >= line.packs


def unscanned(sale: Sale) -> tuple[Line, ...]:
    return tuple(line for line in sale.sold if not is_full(line))


def proven(sale: Sale) -> frozenset[Check]:
    """PH-05: scanning proves drug, form and strength, and with the last pack the quantity."""
    return frozenset() if unscanned(sale) else PROVEN_BY_SCAN


def checks_missing(ticked: Collection[Check]) -> tuple[Check, ...]:
    """PH-05: return the comparisons nobody has confirmed."""
    return tuple(check for check in Check if check not in ticked)


def may_check(sale: Sale, person_id: UUID, *, others: bool) -> bool:
    """PH-08: who filled it doesn't check it, unless nobody else is there to."""
    return sale.filled_by != person_id or not others


def wrote(sale: Sale, person_id: UUID) -> bool:
    return sale.slip.prescriber_id == person_id


def is_before_approval(sale: Sale, now: datetime) -> bool:
    """CON-14: nothing leaves before the signature and the approval."""
    return now < sale.slip.signed_at or now < sale.slip.approved_at


def is_expired(valid_until: datetime, now: datetime) -> bool:
    """RX-01: nothing is dispensed after the end of its validity."""
    return now >= valid_until


def is_overdue(sale: Sale, now: datetime) -> bool:
    return sale.due_at is not None and now >= sale.due_at and sale.state not in OVER


def is_reachable(delivery: Delivery) -> bool:
    digits = re.sub(r"\D", "", delivery.phone)
    return len(delivery.address.strip()) >= REASON_MIN + 2 and len(digits) >= len("13800000000")


def sound_codes(codes: Sequence[str]) -> list[str] | None:
    """Return the trace codes as they are kept, or None if one is none or comes twice."""
    read = [code for text in codes if (code := trace_code(text))]
    return read if read and len(set(read)) == len(codes) else None


def missing(wants: Sequence[Want | Line], free: Mapping[str, Shelf | None]) -> list[str]:
    """Return the labels of what there are too few packs of, two lines of one drug together."""
    wanted: dict[str, int] = {}
    labels = {want.code: want.label for want in wants}
    for want in wants:
        wanted[want.code] = wanted.get(want.code, 0) + want.packs
    there = {code: shelf.free if shelf else 0 for code, shelf in free.items()}
    return [labels[code] for code, packs in wanted.items() if there.get(code, 0) < packs]
