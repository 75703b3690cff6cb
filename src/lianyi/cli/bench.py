"""Figures are measured with a checkout: what they are compared with lies there, never installed."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lianyi.kernel.refusal import Invalid

CHECKOUT = Path(__file__).parents[3]


@dataclass(eq=False)
class NoCheckout(Invalid):
    """The program runs from an installed package, which has no measurements."""

    wanted: str


def run(groups: Sequence[str]) -> int:
    """Measure in processes of their own and return their exit code.

    :raises NoCheckout:
    """
    folder = CHECKOUT / "bench"
    if not folder.is_dir():
        raise NoCheckout(wanted=str(folder))
    command = [sys.executable, "-m", "bench", *groups]
    return subprocess.run(command, cwd=CHECKOUT, check=False).returncode  # noqa: S603 - our own
