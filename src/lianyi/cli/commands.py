"""What a person types. Heavy imports wait for the command that needs them."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
import msgspec

from lianyi.cli import own
from lianyi.kernel import config, logs
from lianyi.kernel.config import Config
from lianyi.kernel.refusal import Refused
from lianyi.kernel.text import LANGUAGES, words

HELP = """联医 Lianyi: a self-hosted internet-hospital network.

Settings come from LIANYI_<SETTING> in the environment, then from LIANYI_HOME/config.toml:
database_url, host, port, web_processes, pool_size, demo, public_url, proxies, log_level, log_file,
links.<name>.url.
Without a database_url Lianyi runs a PostgreSQL of its own inside LIANYI_HOME, where profile.toml
holds the numbers of the rules as your jurist has signed them, and knowledge/ your drug knowledge.
"""


@click.group(help=HELP)
def main() -> None:
    pass


@main.command()
def serve() -> None:
    """Run an installation for real people (正式运行), until Ctrl-C or SIGTERM."""
    from lianyi.cli import production
    from lianyi.cli import serve as household
    from lianyi.links.simulators import NAMES
    from lianyi.main import now

    with _in_words():
        settings = _settings()
        production.refuse_unfit(settings, tuple(NAMES), now)
        household.serve(settings, simulators=(), ready=_say_where)


@main.command()
def demo() -> None:
    """Run the demo network (演示): invented people, simulated neighbours, a movable clock."""
    from lianyi.cli import serve as household
    from lianyi.links.simulators import NAMES

    with _in_words():
        settings = _settings()
        log = settings.log_file or str(settings.home / "lianyi.log")  # the terminal is for people
        settings = msgspec.structs.replace(settings, demo=True, log_file=log)
        logs.configure(settings.log_level, log)
        household.serve(settings, simulators=tuple(NAMES), ready=_at_home(settings))


@main.command()
def migrate() -> None:
    """Bring the database at LIANYI_DATABASE_URL to the newest schema; a new demo is seeded too."""
    from lianyi.cli import database
    from lianyi.kernel.migrate import migrate as run

    with _in_words(), database.lent(_settings()) as settings:
        asyncio.run(run(settings.database_url, demo=settings.demo))
        if lacking := asyncio.run(database.lacking(settings)):
            with click.progressbar(length=lacking, label="续号 numbers", file=sys.stderr) as bar:
                asyncio.run(database.count_on(settings, lacking, bar.update))
        if behind := asyncio.run(database.unfiled(settings)):
            from lianyi.cli import filing

            with click.progressbar(length=behind, label="索引 index", file=sys.stderr) as bar:
                asyncio.run(filing.catch_up(settings, bar.update))
        if pages := asyncio.run(database.unswept(settings)):
            from lianyi.cli import filing

            with click.progressbar(length=pages, label="整理 tidying", file=sys.stderr) as bar:
                asyncio.run(filing.sweep(settings, bar.update))
        if settings.demo and not asyncio.run(database.is_seeded(settings)):
            from lianyi.cli.demo import seed

            asyncio.run(seed.into(settings))


@main.command()
@click.option("--residents", type=click.IntRange(1), default=1000, show_default=True)
def seed(residents: int) -> None:
    """Let more invented residents live in the demo's city (扩充演示居民); never in production."""
    from lianyi.cli import database
    from lianyi.cli.demo import crowd

    bar = click.progressbar(length=residents, label="居民 residents", file=sys.stderr)
    with _in_words(), database.lent(_settings()) as settings, bar:
        asyncio.run(crowd.grow(settings, residents, bar.update))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON line a step.")
def tour(*, as_json: bool) -> None:
    """Play everybody's day against the demo and check it (走一遍); starts a demo when none runs."""
    from lianyi.cli.tour import run

    with _in_words():
        if not run.play(_settings(), as_json=as_json):
            raise SystemExit(1)


@main.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--institution", default="", help="Whose history it is: an id or a credit code.")
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON line.")
def import_(files: tuple[Path, ...], institution: str, *, as_json: bool) -> None:
    """Load FHIR R4 bundles into the record (导入病历): one, NDJSON, or a .tar.gz of bundles.

    They become the history of one institution, the installation's first hospital unless named.
    Doing it again changes nothing; an import that stopped goes on.
    """
    import uvloop

    from lianyi.cli import database, imports
    from lianyi.cli.reports import say_import

    with _in_words():
        size = imports.size_of(files)
        with (
            database.lent(_settings()) as settings,
            click.progressbar(length=size, label="导入 import", file=sys.stderr) as bar,
        ):
            report = uvloop.run(imports.run(settings, files, institution, bar.update))
        say_import(report, as_json=as_json)
        if report.refused:
            raise SystemExit(1)


@main.command()
@click.argument("groups", nargs=-1)
def bench(groups: tuple[str, ...]) -> None:
    """Print the figures of a checkout (测速): all, or those of a group; one JSON line each."""
    from lianyi.cli import bench as figures

    with _in_words():
        raise SystemExit(figures.run(groups))


@main.command()
def verify() -> None:
    """Walk the seals of every append-only log (验证存证)."""
    from lianyi.cli import database
    from lianyi.cli.verify import verify as run

    with _in_words(), database.lent(_settings()) as settings:
        if not run(settings):
            raise SystemExit(1)


@main.command(hidden=True)
@click.option("--fd", type=int, required=True, help="The listening socket we inherited.")
def web(fd: int) -> None:
    from lianyi.cli import children

    children.web(_settings(), fd)


@main.command(hidden=True)
def worker() -> None:
    from lianyi.cli import children

    children.worker(_settings())


@main.command(hidden=True)
def first_tour() -> None:
    """Play the tour beside a demo that has no history yet."""
    from lianyi.cli.tour import first

    with _in_words():
        first.play(_settings())


@main.command(hidden=True)
def introduce() -> None:
    """Tell the simulated neighbours of a running demo who lives in its city."""
    from lianyi.cli import addresses
    from lianyi.cli.demo import neighbours

    if found := addresses.read(_settings()):
        neighbours.introduce(found.links)


@main.command(hidden=True)
@click.argument("name")
@click.option("--fd", type=int, required=True, help="The listening socket we inherited.")
def simulate(name: str, fd: int) -> None:
    from lianyi.cli import children

    children.simulate(_settings(), name, fd)


def _settings() -> Config:
    settings = config.read(os.environ)
    logs.configure(settings.log_level, settings.log_file)
    own.adopt(settings)
    return settings


@contextmanager
def _in_words() -> Iterator[None]:
    """Say a refusal to the person at the terminal, in Chinese and in English."""
    try:
        yield
    except Refused as refusal:
        for language in LANGUAGES:
            click.echo(words(refusal.code, language, refusal.details), err=True)
            for finding in refusal.details.get("findings", ()):
                click.echo("  - " + words(finding.code, language, asdict(finding)), err=True)
        raise SystemExit(1) from None


def _say_where(address: str) -> None:
    click.echo(f"联医 Lianyi: {address}")


def _at_home(settings: Config) -> Callable[[str], None]:
    """Say where the demo is; at its first start, let the tour give every page a history."""
    from lianyi.cli.tour import first
    from lianyi.kernel import process

    def ready(address: str) -> None:
        process.spawn([sys.executable, "-m", "lianyi.cli", "introduce"], dies_by=signal.SIGTERM)
        _say_where_demo(address)
        if settings.tour and (said := first.begin(settings)):
            click.echo(said)

    return ready


def _say_where_demo(address: str) -> None:
    from lianyi.journeys.demo import PASSWORD, PIN

    click.echo(f"""联医演示 Lianyi demo: {address}
  居民 residents      {address}/sign-in         手机 phone 19905311001（张秀英）
  医务 staff          {address}/sign-in/staff   密码 password {PASSWORD}
    d01 医师 doctor · n01 护士 nurse · t01 检验 laboratory · c01 窗口 front desk and till
    p01 医院药师 hospital pharmacist · p03 门店药师 store pharmacist · k02 配送 courier
    a01 医院管理 hospital admin · i01 医保 insurer · h01 卫健 health commission
    g01 药监 drug authority · o01 平台 operator, moves the clock
    签名密码 signing PIN {PIN}
  短信与动态码 codes  {address}/demo/inbox
Ctrl-C 停止全部进程 stops everything it started""")
