"""Every page about numbers and queues, as its readers see it."""

import pytest

from tests.browser import look, serve
from tests.browser.hall import town

RESIDENT = ("hospitals", "departments", "schedule", "times", "full", "own")
OWN = ("held", "waiting", "called")
DESKS = ("clinic", "plan")


@pytest.fixture(scope="module")
def site(cluster, files):
    with serve.standing(cluster, "hall", town, files) as standing:
        yield standing


@pytest.fixture
def sit_down(seat, site):
    """Open a page as its reader."""
    _, state = site

    def seated(name, **cookies):
        token = state.tokens.get(name) or state.tokens["held"]
        return seat(token, state.paths[name], **cookies)

    return seated


@pytest.mark.parametrize("name", [*RESIDENT, *OWN, *DESKS])
def test_every_page_about_numbers_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"booking-{name}") == []


@pytest.mark.parametrize("name", [*RESIDENT, *OWN])
def test_every_page_of_a_resident_fits_in_english_too(sit_down, name):
    assert look.in_english(sit_down(name, language="en")) == []
