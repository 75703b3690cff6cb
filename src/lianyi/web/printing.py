"""A prescription's paper as PDF (处方笺): pure, and to the byte the same for the same paper.

RX-12: the ground of an emergency prescription is light yellow. RX-13: header, body and footer. What
its doctor signed stands here word for word; what came after the signature stands below it.
"""

import os
import re
from asyncio import get_running_loop
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from multiprocessing import get_context
from typing import Never

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lianyi.journeys.papers import Paper
from lianyi.kernel import process
from lianyi.kernel.refusal import Unavailable
from lianyi.kernel.text import words
from lianyi.web import draw, jinja

SHEET = jinja.FOLDER / "paper" / "prescription.css"
DRUG = re.compile(r"\d+\. ")
USE = "   "
BODY = "Rp"
PAIR = re.compile(r"(\S+?)：(.*?)(?=\s\S+?：|$)")


@dataclass(frozen=True, slots=True)
class Item:
    drug: str
    use: str


@dataclass(frozen=True, slots=True)
class Parts:
    """The signed text, cut where it is set apart; no word is added or lost."""

    title: str
    heads: tuple[tuple[tuple[str, str], ...], ...]
    items: tuple[Item, ...]
    notes: tuple[str, ...]


class PrinterAway(Unavailable):
    """The process that prints has died; the next paper finds a new one."""


class Printer:
    """A process beside this one, since printing holds the interpreter for half a second."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def printed(self, paper: Paper, url: str) -> bytes:
        """Return the PDF. `url` is where its code leads.

        :raises PrinterAway:
        """
        if self._pool is None:
            spawn = get_context("spawn")
            self._pool = ProcessPoolExecutor(1, spawn, process.tether, (os.getpid(),))
        pool = self._pool
        try:
            return await get_running_loop().run_in_executor(pool, pdf, paper, url)
        except BrokenExecutor:
            if self._pool is pool:
                self._pool = None
            raise PrinterAway from None


PRINTER = Printer()


def pdf(paper: Paper, url: str) -> bytes:
    import weasyprint

    html = weasyprint.HTML(string=page(paper, url), url_fetcher=_nothing)
    made: bytes = html.write_pdf(stylesheets=[SHEET], pdf_identifier=paper.document_id.bytes)
    return made


def page(paper: Paper, url: str) -> str:
    template = _templates().get_template("paper/prescription.html")
    state = words(f"prescribing.prescription.{paper.state}", "zh")
    fee = words(f"insurance.scheme.{paper.fee}", "zh") if paper.fee else "自费"
    return template.render(
        paper=paper, parts=parts(paper.text), state=state, fee=fee, code=draw.qr(url, "验真二维码")
    )


def parts(text: str) -> Parts:
    """Cut a signed text. A line that looks like nothing known is a note, never left out."""
    title, *lines = text.rstrip("\n").split("\n")
    at = lines.index(BODY) if BODY in lines else len(lines)
    body = lines[at + 1 :]
    items = tuple(_items(body))
    shown = {item.drug for item in items} | {USE + item.use for item in items}
    return Parts(
        title=title,
        heads=tuple(tuple(_pairs(line)) for line in lines[:at]),
        items=items,
        notes=tuple(line for line in body if line not in shown),
    )


def _items(body: list[str]) -> Iterator[Item]:
    for line, after in pairwise([*body, ""]):
        if DRUG.match(line):
            yield Item(line, after.removeprefix(USE) if after.startswith(USE) else "")


def _pairs(line: str) -> list[tuple[str, str]]:
    found = PAIR.findall(line)
    whole = " ".join(f"{term}：{value}" for term, value in found)
    return found if whole == line else [("", line)]


def _nothing(url: str) -> Never:
    """Fetch nothing: a paper is whole in itself, whatever it names elsewhere."""
    raise ValueError(url)


@cache
def _templates() -> Environment:
    """Return templates that know no reader: the paper is in Chinese whoever prints it."""
    env = Environment(
        loader=FileSystemLoader(jinja.FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(draw.FILTERS)
    return env
