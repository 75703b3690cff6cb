"""What of a person's facts can be worked out: age in months, pregnancy, kidney function. Pure."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from lianyi.terminology.model import Pregnancy, Sex

FERTILE = range(12, 56)  # years in which a woman is asked
ADULT = 18 * 12  # months
UMOL = Decimal("88.4")  # umol/L of creatinine in 1 mg/dL
KAPPA = {Sex.FEMALE: Decimal("0.7"), Sex.MALE: Decimal("0.9")}
ALPHA = {Sex.FEMALE: Decimal("-0.241"), Sex.MALE: Decimal("-0.302")}


def months_between(birth: date, day: date) -> int:
    months = (day.year - birth.year) * 12 + day.month - birth.month
    return months - (day.day < birth.day)


def pregnancy(sex: Sex | None, months: int | None, asked: Pregnancy | None) -> Pregnancy:
    """Return what is known; whoever could be pregnant and wasn't asked is not known."""
    if sex is Sex.MALE or (months is not None and months // 12 not in FERTILE):
        return Pregnancy.IMPOSSIBLE
    return asked or Pregnancy.UNKNOWN


def egfr_of(creatinine: Decimal, *, sex: Sex | None, months: int | None) -> Decimal | None:
    """Return mL/min/1.73 m2 from serum creatinine in umol/L, for adults.

    CKD-EPI 2021 without race: Inker LA et al., N Engl J Med 2021;385:1737-1749, as printed by the
    National Kidney Foundation (https://kidney.org/ckd-epi-creatinine-equation-2021).
    """
    if sex is None or months is None or months < ADULT or creatinine <= 0:
        return None
    ratio = creatinine / UMOL / KAPPA[sex]
    one = Decimal(1)
    found = Decimal(142) * min(ratio, one) ** ALPHA[sex] * max(ratio, one) ** Decimal("-1.200")
    found *= Decimal("0.9938") ** (months // 12)
    if sex is Sex.FEMALE:
        found *= Decimal("1.012")
    return found.quantize(one, rounding=ROUND_HALF_UP)
