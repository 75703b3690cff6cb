import os
import shutil
import signal
import socket
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from lianyi.cli.production import SIMULATORS
from lianyi.kernel import postgres, sm2
from lianyi.kernel.text import LANGUAGES
from lianyi.links.ca import TEST
from lianyi.links.simulators import NAMES, x509
from lianyi.web.site import SCANS
from tests.cli import homes
from tests.cli.installation import SRC, Installation, lianyi, until
from tests.cluster import Cluster

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what is refused
IN_PLACE = {
    "LIANYI_PUBLIC_URL": "https://lianyi.example",
    **{f"LIANYI_LINKS_{name.upper()}": f"https://{name}.example" for name in NAMES},
}


@pytest.fixture(scope="module")
def standing(shared):
    """A demo to which nothing is done that would end it."""
    with homes.seeded(shared) as home, Installation(home) as installation:
        yield installation


@pytest.fixture
def equipped():
    """The home of a production that has all it needs."""
    with tempfile.TemporaryDirectory(prefix="lianyi-home-") as home:
        certified(home)
        answered_for(home)
        yield home


def test_it_says_where_it_is_once_it_answers(standing):
    assert standing.is_ready()


@pytest.mark.parametrize("name", ["web 0", "worker", "postgres"])
def test_the_death_of_any_process_is_survived(standing, name):
    standing.kill(name)
    until(lambda: len(standing.alive()) == 3 and standing.is_ready())


def test_a_second_start_on_the_same_home_is_refused_in_words(standing):
    second = lianyi("demo", home=standing.home)
    assert second.returncode == 1
    assert "已经在运行" in second.stderr
    assert f"already runs (process {standing.process.pid}" in second.stderr


def test_a_command_works_beside_a_running_lianyi(standing):
    walked = lianyi("verify", home=standing.home)
    assert (walked.returncode, walked.stderr) == (0, "")
    assert standing.is_ready()


def test_demo_and_production_never_share_a_database(standing, equipped):
    migrated = lianyi("migrate", home=standing.home)
    assert migrated.returncode == 1
    assert "演示数据库" in migrated.stderr
    url = postgres.url(standing.home)
    start = lianyi("serve", home=equipped, LIANYI_DATABASE_URL=url, **IN_PLACE)
    assert start.returncode == 1
    assert "This is a demo database" in start.stderr


def test_production_refuses_the_home_of_a_demo(standing, tmp_path):
    """Its keys and credentials are those the simulators know."""
    until((standing.home / SIMULATORS).exists)  # they come after the pages
    home = tmp_path / "home"
    shutil.copytree(standing.home, home, ignore=shutil.ignore_patterns("data", "run"))
    start = lianyi("serve", home=home, **IN_PLACE)
    assert start.returncode == 1
    assert "is the home of a demo" in start.stderr


def test_production_starts_again_and_again_and_leaves_nothing_behind(equipped):
    for word in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
        with Installation(equipped, "serve", **IN_PLACE) as running:
            assert running.is_ready()
            assert len(running.alive()) == 3
            running.process.send_signal(word)
            code = running.process.wait(20)
            until(lambda running=running: running.alive() == [])
            assert word == signal.SIGKILL or code == 0
    migrated = lianyi("migrate", home=equipped)
    assert (migrated.returncode, migrated.stdout) == (0, "")
    assert not (Path(equipped) / "data" / "postmaster.pid").exists()


def test_a_database_of_its_own_is_used_instead_of_the_embedded_one(cluster, worker_id, equipped):
    with (
        cluster.clone(f"{worker_id}_given", template="template0") as url,
        Installation(equipped, "serve", LIANYI_DATABASE_URL=url, **IN_PLACE) as installation,
    ):
        assert installation.is_ready()
        assert not (installation.home / "data").exists()


AHEAD = """INSERT INTO kernel.outbox (tx, name, body, owner, lane, at, delivered_at)
           SELECT (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 20000)::text::xid8,
             'None', '{}', gen_random_uuid(), 0, now(), now()"""


def test_a_database_from_another_server_is_counted_on(cluster, worker_id, tmp_path):
    """SEC-17: every start does it, before anything new is written."""
    with cluster.clone(f"{worker_id}_restored") as url:
        Cluster(url, "").run(AHEAD)
        for is_said in (True, False):
            migrated = lianyi("migrate", home=tmp_path, LIANYI_DATABASE_URL=url)
            assert (migrated.returncode, "续号" in migrated.stderr) == (0, is_said)


def test_a_port_in_use_is_refused_in_words(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        start = lianyi("demo", home=tmp_path, PORT=str(port))
    assert start.returncode == 1
    assert str(port) in start.stderr


def test_an_unknown_setting_is_refused_in_words(tmp_path):
    start = lianyi("demo", home=tmp_path, LIANYI_PROT="8000")
    assert start.returncode == 1
    assert "prot" in start.stderr


def test_a_home_with_too_long_a_path_is_refused_in_words(tmp_path):
    start = lianyi("demo", home=tmp_path / ("x" * 100))
    assert start.returncode == 1
    assert "too long" in start.stderr


def test_a_home_that_is_a_file_is_refused_in_words(tmp_path):
    file = tmp_path / "home"
    file.touch()
    start = lianyi("demo", home=file)
    assert start.returncode == 1
    assert str(file) in start.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root lends the server to another user")
def test_a_home_its_server_can_not_reach_is_refused_in_words():
    with tempfile.TemporaryDirectory() as closed:
        start = lianyi("demo", home=Path(closed) / "home")
    assert start.returncode == 1
    assert f"may not enter {closed}" in start.stderr


def certified(home, id="licensed"):
    """Put the root of an authority where the authority would hand it over."""
    key, name, now = sm2.new_key(), x509.name("国家认证根", "某认证机构", id), datetime.now(UTC)
    public = sm2.public_key(key, der=True)
    until = now + timedelta(days=9)
    draft = x509.Draft(1, name, name, public, public, now, until, is_authority=True)
    folder = Path(home) / "credentials" / "ca"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "root.pem").write_text(x509.signed(draft, key))


def answered_for(home, rules="jurist", knowledge="pharmacist", demo="false"):
    """Put the rules and the knowledge there that somebody answers for by name."""
    (Path(home) / "profile.toml").write_text(
        f"[[profile]]\nversion = 'own-1'\nsince = 2024-01-01\napproved_by = '{rules}'\n"
        "numbers = {'RX-01.most' = 2}\n"
    )
    shipped = SRC / "lianyi/terminology/data/demo-2026.11"
    own = Path(home) / "knowledge" / "own-1"
    shutil.copytree(shipped, own)
    (own / "release.toml").write_text(
        "version = 'own-1'\ntitle = 'own'\nissued = 2024-01-01\n"
        f"demo = {demo}\napproved_by = '{knowledge}'\n"
    )


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"rules": ""}, "Nobody has signed the rule profile own-1"),
        ({"knowledge": ""}, "Nobody has approved the knowledge base own-1"),
        ({"demo": "true"}, "is for demonstration"),
    ],
)
def test_production_refuses_rules_and_knowledge_that_nobody_answers_for(tmp_path, given, missing):
    certified(tmp_path)
    answered_for(tmp_path, **given)
    start = lianyi("serve", home=tmp_path, **IN_PLACE)
    assert start.returncode == 1
    assert missing in start.stderr
    assert start.stderr.count("  - ") == len(LANGUAGES), "it names nothing else"


def test_a_profile_with_a_number_no_rule_asks_for_is_refused_in_words(tmp_path):
    answered_for(tmp_path)
    file = tmp_path / "profile.toml"
    file.write_text(file.read_text().replace("RX-01.most", "RX-01.mots"))
    start = lianyi("serve", home=tmp_path)
    assert start.returncode == 1
    assert "RX-01.mots" in start.stderr
    assert "Traceback" not in start.stderr


def test_production_refuses_the_demos_authority(tmp_path):
    """EMR-07: whoever certifies is licensed."""
    certified(tmp_path, TEST)
    start = lianyi("serve", home=tmp_path, **IN_PLACE)
    assert start.returncode == 1
    assert "demo's certification authority" in start.stderr


@pytest.mark.parametrize(
    ("host", "proxies", "missing"),
    [
        (EVERYWHERE, "", "The address 0.0.0.0 is reached from other machines"),
        ("10.1.2.3", "", "The address 10.1.2.3 is reached from other machines"),
        ("::", "", "The address :: is reached from other machines"),
        (EVERYWHERE, "10.0.0.5, *", "* in proxies"),
        (EVERYWHERE, "0.0.0.0/0", "0.0.0.0/0 in proxies"),
        ("127.0.0.1", "8.8.8.8", "8.8.8.8 in proxies"),
    ],
)
def test_production_speaks_in_the_clear_with_its_own_proxies_alone(
    equipped, host, proxies, missing
):
    start = lianyi("serve", home=equipped, **IN_PLACE, LIANYI_HOST=host, LIANYI_PROXIES=proxies)
    assert start.returncode == 1
    assert missing in start.stderr
    assert start.stderr.count("  - ") == len(LANGUAGES), "it names nothing else"


def test_a_named_proxy_is_believed_about_whom_a_request_is_from(equipped):
    given = {"LIANYI_HOST": EVERYWHERE, "LIANYI_PROXIES": "10.0.0.5,10.1.0.0/16"}
    with Installation(equipped, "serve", **IN_PLACE, **given) as installation:
        assert installation.is_ready()
        said = scans(installation, *["203.0.113.7"] * (SCANS + 1), "203.0.113.8, 10.1.2.3")
        assert said == [404] * SCANS + [429, 404]


def scans(installation, *come_by):
    """Return what a scan of no paper is answered, by whom a proxy says it is from."""
    url = f"{installation.address}/verify/x"
    return [httpx.get(url, headers={"x-forwarded-for": one}).status_code for one in come_by]


def test_production_says_everything_that_is_missing(tmp_path):
    start = lianyi("serve", home=tmp_path, LIANYI_DEMO="true", LIANYI_PUBLIC_URL="http://a.example")
    assert start.returncode == 1
    assert "demo" in start.stderr
    assert "http://a.example" in start.stderr
    assert "certification authority" in start.stderr
    assert not list(tmp_path.iterdir())


def test_help_explains_itself():
    asked = lianyi("--help", home="/nowhere")
    assert asked.returncode == 0
    assert all(word in asked.stdout for word in ("serve", "demo", "migrate", "LIANYI_HOME"))


@pytest.mark.skipif(os.getuid() != 0, reason="only root lends the server to another user")
def test_programs_its_user_can_not_reach_are_copied_into_the_home(equipped):
    package = postgres.wheel().parents[1]
    with tempfile.TemporaryDirectory() as closed:
        for folder in (package / "pginstall18", package.with_name(f"{package.name}.libs")):
            target = Path(closed) / folder.relative_to(package.parent)
            shutil.copytree(folder, target, symlinks=True)
        shutil.copy(package / "__init__.py", Path(closed) / package.name)
        path = f"{closed}:{SRC}"
        with Installation(equipped, "serve", PYTHONPATH=path, **IN_PLACE) as installation:
            assert installation.is_ready()
            assert (installation.home / "server").is_dir()
