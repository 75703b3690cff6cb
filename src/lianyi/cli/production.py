"""What an installation for real people must not have, and what it must."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from cryptography import x509

from lianyi.kernel import profile
from lianyi.kernel.config import Config
from lianyi.kernel.refusal import Conflict
from lianyi.links import ca
from lianyi.terminology import queries as terminology

Clock = Callable[[], datetime]
SIMULATORS = "simulators"  # what a home keeps for them

# RFC 1918, RFC 4193, and this machine itself.
OWN_NETWORKS = tuple(
    ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "::1/128"),
    )
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend, by the code of its words."""

    code: str
    about: str = ""


@dataclass(eq=False)
class NotFit(Conflict):
    """An installation that isn't fit for real people yet. `findings` is the whole list."""

    findings: list[Finding]


def refuse_unfit(config: Config, neighbours: tuple[str, ...], clock: Clock) -> None:
    """Production starts with everything in place or not at all.

    :raises NotFit:
    """
    findings = [
        *_demo(config),
        *_knowledge(),
        *_rules(clock),
        *_address(config),
        *_listener(config),
        *_neighbours(config, neighbours),
        *_authority(config),
    ]
    if findings:
        raise NotFit(findings=findings)


def _demo(config: Config) -> Iterator[Finding]:
    if config.demo:
        yield Finding("cli.demo_is_set")
    if (config.home / SIMULATORS).exists():
        yield Finding("cli.demo_home", str(config.home))


def _knowledge() -> Iterator[Finding]:
    """Knowledge for demonstration is for nobody's treatment, whoever approved it (CAP-60)."""
    release = terminology.release()
    if release.demo:
        yield Finding("cli.demo_knowledge", release.version)
    elif not release.approved:
        yield Finding("cli.unapproved_knowledge", release.version)


def _rules(clock: Clock) -> Iterator[Finding]:
    """RULES 0: numbers that no jurist has signed are a proposal."""
    rules = profile.at(clock())
    if not rules.approved_by:
        yield Finding("cli.unapproved_rules", rules.version)


def _address(config: Config) -> Iterator[Finding]:
    if not config.public_url:
        yield Finding("cli.no_public_url")
    elif urlsplit(config.public_url).scheme != "https":
        yield Finding("cli.plain_http", config.public_url)


def _listener(config: Config) -> Iterator[Finding]:
    """Nobody listens in the clear for other machines but proxies of the own network."""
    if not (config.named_proxies or _is_loopback(config.host)):
        yield Finding("cli.listens_in_the_clear", config.host)
    for name in config.named_proxies:
        if not _is_own_network(name):
            yield Finding("cli.open_proxy", name)


def _neighbours(config: Config, neighbours: tuple[str, ...]) -> Iterator[Finding]:
    for name in neighbours:
        if name not in config.links:
            yield Finding("cli.no_link", name)
        elif _is_simulated(config.links[name].url):
            yield Finding("cli.simulated_link", name)


def _authority(config: Config) -> Iterator[Finding]:
    """EMR-07: who certifies signatures is known beforehand, and licensed."""
    root = config.home / "credentials" / "ca" / ca.ROOT
    try:
        subject = x509.load_pem_x509_certificate(root.read_bytes()).subject
    except (OSError, ValueError):
        yield Finding("cli.no_ca_root", str(root))
        return
    if ca.TEST in (name.value for name in subject):
        yield Finding("cli.test_ca", str(root))


def _is_simulated(url: str) -> bool:
    """Return whether the neighbour lives on this machine, or speaks in the clear."""
    parts = urlsplit(url)
    return parts.scheme != "https" or _is_loopback(parts.hostname or "")


def _is_own_network(name: str) -> bool:
    try:
        network = ip_network(name)
    except ValueError:
        return False
    return any(
        network.version == own.version and own.supernet_of(network)  # type: ignore[arg-type]
        for own in OWN_NETWORKS
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
