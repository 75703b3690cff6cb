"""The neighbours a demo invents, each a process of its own that only its wire knows.

Each is imported by its own process only: whoever runs the others needs their names.
"""

from collections.abc import Callable, Mapping

from starlette.types import ASGIApp

from lianyi.kernel.config import Config


def _sms(config: Config) -> ASGIApp:
    from lianyi.links.simulators import sms

    return sms.app(config)


def _identity(config: Config) -> ASGIApp:
    from lianyi.links.simulators import identity

    return identity.app(config)


def _payment(config: Config) -> ASGIApp:
    from lianyi.links.simulators import payment

    return payment.app(config)


def _ca(config: Config) -> ASGIApp:
    from lianyi.links.simulators import ca

    return ca.app(config)


def _insurer(config: Config) -> ASGIApp:
    from lianyi.links.simulators import insurer

    return insurer.app(config)


def _supervision(config: Config) -> ASGIApp:
    from lianyi.links.simulators import supervision

    return supervision.app(config)


NAMES: Mapping[str, Callable[[Config], ASGIApp]] = {
    "sms": _sms,
    "identity": _identity,
    "payment": _payment,
    "ca": _ca,
    "insurer": _insurer,
    "supervision": _supervision,
}
