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


@dataclass(eq=False)
class NoSuchSystem(NotFound):
    system: str


@dataclass(eq=False)
class NoSuchCode(NotFound):
    """It isn't among the codes that are known here of a system that isn't known whole."""

    system: str
    wanted: str


@dataclass(eq=False)
class NoSuchValueSet(NotFound):
    value_set: str


@dataclass(eq=False)
class NoSuchMap(NotFound):
    about: str


@dataclass(eq=False)
class NotOrdered(NotFound):
    """Which codes of a system lie above which isn't known."""

    system: str
