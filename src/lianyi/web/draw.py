"""What templates draw or write beyond HTML: icons, QR codes, sparklines, money, names."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from lianyi.web import qr as codes
from lianyi.web.i18n import _
from lianyi.web.static_files import static

CHINA = ZoneInfo("Asia/Shanghai")
QUIET = 2  # modules of white around a QR code; its frame adds the other two of the standard
WIDEST = 177  # modules of the largest QR code
NEXT = "/"  # row
STROKES = {NEXT: NEXT}
STROKES |= {"1" * long: f"h{long}" for long in range(1, WIDEST)}
STROKES |= {"0" * long: f"m{long} 0" for long in range(1, WIDEST)}
DIGITS = 6  # more than any laboratory means


@cache
def glyph(name: str) -> Markup:
    """Draw an icon of the sprite; what it means is said by the words beside it.

    There are as many as the templates name.
    """
    href = f"{static('vendor/icons.svg')}#{name}"
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>').format(href)


def qr(payload: str, label: str) -> Markup:
    """Draw a QR code as dark squares on its own white ground, in any theme.

    Never the micro kind, which phones and most scanners at counters can't read.
    """
    rows = codes.rows(payload)
    size = len(rows) + 2 * QUIET
    svg = (
        f'<svg role="img" aria-label="{escape(label)}" viewBox="0 0 {size} {size}" class="qr-code">'
        f'<path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/>'
        f'<path stroke="#000" d="M{QUIET} {QUIET}.5{_strokes(rows)}"/></svg>'
    )
    return Markup(svg)  # noqa: S704 - numbers, and the label escaped


def _strokes(rows: Sequence[str]) -> str:
    """Write rows as strokes of dark modules and moves over light ones."""
    runs = f" {NEXT} ".join(rows).replace("10", "1 0").replace("01", "0 1").split()
    return "".join([STROKES[run] for run in runs]).replace(NEXT, f"m-{len(rows)} 1")


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
    svg = (
        f'<svg class="spark" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="{escape(label)}">'
        f"{_goal_line(width, ys[-1]) if goal is not None else ''}"
        f'<polygon class="spark-area" points="{edge},{height} {path} {x:.1f},{height}"/>'
        f'<polyline class="spark-line" points="{path}"/>'
        f'<circle class="spark-dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/></svg>'
    )
    return Markup(svg)  # noqa: S704 - numbers, and the label escaped


def _goal_line(width: int, y: float) -> str:
    return f'<line class="spark-goal" x1="0" x2="{width}" y1="{y:.1f}" y2="{y:.1f}"/>'


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
