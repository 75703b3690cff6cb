"""What templates draw or write beyond HTML: icons, QR codes, sparklines, money, names."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import segno
from markupsafe import Markup

from lianyi.web.i18n import _
from lianyi.web.static_files import static

CHINA = ZoneInfo("Asia/Shanghai")
MASK = 3  # of a QR code: what we encode is as good as random, so weighing all eight gains nothing
QUIET = 2  # modules of white around a QR code; its frame adds the other two of the standard
DIGITS = 6  # more than any laboratory means


def glyph(name: str) -> Markup:
    """Draw an icon of the sprite; what it means is said by the words beside it."""
    href = f"{static('vendor/icons.svg')}#{name}"
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>').format(href)


def qr(payload: str, label: str) -> Markup:
    """Draw a QR code as dark squares on its own white ground, in any theme.

    Never the micro kind, which phones and most scanners at counters can't read.
    """
    code = segno.make(payload, error="m", micro=False, mask=MASK)
    image = BytesIO()
    code.save(
        image, kind="svg", xmldecl=False, svgns=False, border=QUIET, light="#fff", omitsize=True,
        svgclass="qr-code", lineclass=None,
    )  # fmt: skip
    svg = image.getvalue().decode()
    opening = Markup('<svg role="img" aria-label="{}" ').format(label)
    return Markup(svg.replace("<svg ", opening, 1))  # noqa: S704 - segno writes numbers only


def spark(values: Sequence[float], label: str, *, goal: float | None = None) -> Markup:
    """Draw the last values as a line, scaled to them and the goal, the newest with a dot."""
    width, height, edge = 132, 40, 5
    known = [*values, *([] if goal is None else [goal])]
    low, span = min(known), (max(known) - min(known)) or 1
    step = (width - 2 * edge) / max(len(values) - 1, 1)
    ys = [height - edge - (v - low) * (height - 2 * edge) / span for v in known]
    points = [(edge + i * step, y) for i, y in enumerate(ys[: len(values)])]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return Markup(
        '<svg class="spark" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">{goal}'
        '<polygon class="spark-area" points="{edge},{h} {path} {x:.1f},{h}"/>'
        '<polyline class="spark-line" points="{path}"/>'
        '<circle class="spark-dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/></svg>'
    ).format(
        w=width, h=height, edge=edge, label=label, path=path, x=x, y=y,
        goal="" if goal is None else _goal_line(width, ys[-1]),
    )  # fmt: skip


def _goal_line(width: int, y: float) -> Markup:
    return Markup('<line class="spark-goal" x1="0" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
        width, y, y
    )


def money(fen: int) -> str:
    """Write whole fen as ¥1,234.50."""
    sign, fen = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}¥{fen // 100:,}.{fen % 100:02d}"


def plain(value: Decimal) -> str:
    """Write a unit price or a quantity without the noughts nobody needs: 18.3333, 2."""
    return f"{value.normalize():f}"


def measured(value: Decimal) -> str:
    """Write a measured value as it was reported; a machine's endless tail is cut (92.713)."""
    digits = len(value.as_tuple().digits)
    return f"{value:f}" if digits <= DIGITS else f"{Decimal(f'{value:.5g}'):f}"


def day(value: date | datetime) -> str:
    """Write a day as 2026-11-22; an instant shows the day it fell on in China."""
    return f"{_local(value):%Y-%m-%d}"


def short_day(value: date | datetime) -> str:
    return f"{_local(value):%m-%d}"


def clock(value: datetime) -> str:
    return f"{_local(value):%H:%M}"


def weekday(value: date | datetime) -> str:
    names = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
    return names[_local(value).weekday()]


def _local(value: date | datetime) -> date | datetime:
    return value.astimezone(CHINA) if isinstance(value, datetime) else value


def masked_name(name: str) -> str:
    """Write 张秀英 as 张*英 and 李强 as 李*."""
    return f"{name[:1]}{'*' * max(len(name) - 2, 1)}{name[2:][-1:]}"


def masked_id(number: str) -> str:
    """Write an ID number as 3701 **** **** 4028."""
    return f"{number[:4]} **** **** {number[-4:]}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "money": money,
    "plain": plain,
    "measured": measured,
    "day": day,
    "short_day": short_day,
    "clock": clock,
    "weekday": weekday,
    "masked_name": masked_name,
    "masked_id": masked_id,
}
