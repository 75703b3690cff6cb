"""Every page of a visit in person, as the doctor and the nurse see it."""

import pytest

from tests.browser import look, serve
from tests.browser.ward import town

PAGES = dict.fromkeys(
    ("queue", "note", "signed", "orders", "past", "permits", "withheld"), "doctor"
)


@pytest.fixture(scope="module")
def site(cluster, files):
    with serve.standing(cluster, "ward", town, files) as standing:
        yield standing


@pytest.fixture
def sit_down(seat, site):
    """Open a page as its reader."""
    _, state = site
    return lambda name: seat(state.tokens[PAGES[name]], state.paths[name])


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_a_visit_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"ward-{name}") == []
