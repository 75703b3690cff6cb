import pytest

from lianyi.kernel import config
from lianyi.kernel.config import BadSetting, Link, UnknownSetting


def read(home, **environment):
    return config.read({"LIANYI_HOME": str(home), **environment})


def write(home, text):
    (home / "config.toml").write_text(text)


def test_nothing_needs_to_be_set(tmp_path):
    settings = read(tmp_path)
    assert (settings.home, settings.port, settings.demo) == (tmp_path, 8000, False)


def test_the_environment_wins_over_the_file(tmp_path):
    write(tmp_path, "port = 1\nweb_processes = 2")
    settings = read(tmp_path, LIANYI_PORT="3", PORT="4")
    assert (settings.port, settings.web_processes) == (3, 2)


def test_a_plain_port_is_understood(tmp_path):
    assert read(tmp_path, PORT="4").port == 4


def test_a_neighbour_is_set_in_either_place(tmp_path):
    write(tmp_path, '[links.sms]\nurl = "https://sms"\nsettings = {account = "a"}')
    settings = read(tmp_path, LIANYI_LINKS_CA="https://ca")
    assert settings.links == {
        "sms": Link("https://sms", {"account": "a"}),
        "ca": Link("https://ca"),
    }


@pytest.mark.parametrize("text", ["prot = 1", "home = '/x'", "[server]\nport = 1"])
def test_a_key_nobody_knows_is_refused(tmp_path, text):
    write(tmp_path, text)
    with pytest.raises(UnknownSetting):
        read(tmp_path)


def test_a_variable_nobody_knows_is_refused_by_name(tmp_path):
    with pytest.raises(UnknownSetting) as refusal:
        read(tmp_path, LIANYI_PROT="1")
    assert refusal.value.keys == ["prot"]


@pytest.mark.parametrize(
    "text", ["port = 70000", "port = 'x'", "log_level = 'loud'", "port", "[links.sms]\nurl = 1"]
)
def test_a_wrong_value_is_refused(tmp_path, text):
    write(tmp_path, text)
    with pytest.raises(BadSetting):
        read(tmp_path)
