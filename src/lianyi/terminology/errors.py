"""How terminology says no."""

from dataclasses import dataclass

from lianyi.kernel.refusal import NotFound


@dataclass(eq=False)
class NoSuchDrug(NotFound):
    drug: str


@dataclass(eq=False)
class NoSuchDiagnosis(NotFound):
    diagnosis: str


@dataclass(eq=False)
class NoSuchObservation(NotFound):
    observation: str


@dataclass(eq=False)
class NoSuchRelease(NotFound):
    version: str
