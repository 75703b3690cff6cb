"""What an import did, said to the person at the terminal or to a program."""

import click
import orjson

from lianyi.cli.imports import Report
from lianyi.kernel.text import words

REASONS = 20  # said one by one; a file that is wrong everywhere is wrong in few ways


def say_import(report: Report, *, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(_plain(report)))
        return
    rate = report.read / report.seconds if report.seconds else 0
    click.echo(f"{report.institution}: {report.seconds:.1f} s, {rate:,.0f} resources/s")
    click.echo(
        f"读取 read {report.read:,} · 入库 stored {report.stored:,}"
        f" · 更新 changed {report.changed:,} · 重复 duplicate {report.duplicate:,}"
        f" · 拒绝 refused {report.refused:,}"
    )
    click.echo("✓ 核对相符 balanced" if report.balanced else "✗ 核对不符 not balanced")
    for (code, where, about), count in report.reasons.most_common(REASONS):
        reason = words(code, "zh", {"where": where, "about": about})
        example = report.examples[code, where, about]
        click.echo(f"  {count:>6,} × {reason}（{example}）")


def _plain(report: Report) -> dict[str, object]:
    reasons = [
        {"code": code, "where": where, "about": about, "count": count}
        for (code, where, about), count in report.reasons.most_common()
    ]
    return {
        "institution": report.institution,
        "read": report.read,
        "stored": report.stored,
        "changed": report.changed,
        "duplicate": report.duplicate,
        "refused": report.refused,
        "balanced": report.balanced,
        "seconds": round(report.seconds, 2),
        "reasons": reasons,
    }
