"""CON-28 on every screen: at the counter, before the doctor, on the phone."""

import pytest

from tests.browser import look, serve
from tests.browser.red_flag import town

PHONE = ("purchase", "held", "revoked")
DESKS = ("counter", "queue", "visit", "decision")


@pytest.fixture(scope="module")
def site(cluster, files):
    with serve.standing(cluster, "red_flag", town, files) as standing:
        yield standing


@pytest.fixture
def sit_down(seat, site):
    """Open a page as its reader."""
    _, state = site
    return lambda name, **cookies: seat(state.tokens[name], state.paths[name], **cookies)


@pytest.mark.parametrize("name", [*PHONE, *DESKS])
def test_con_28_every_page_of_a_red_flag_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"red-flag-{name}") == []


@pytest.mark.parametrize("name", PHONE)
def test_con_28_its_person_reads_it_in_english_too(sit_down, name):
    assert look.in_english(sit_down(name, language="en")) == []
