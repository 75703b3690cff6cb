"""Every page of the authorities and of the insurance agency, as they see it."""

import pytest

from tests.browser import look, serve
from tests.browser.bureau import town

PAGES = {
    "visit": "commission",
    "cases": "second",
    "opened": "commission",
    "desk": "commission",
    "reports": "commission",
    "screen": "commission",
    "trace": "authority",
    "sales": "authority",
    "licences": "authority",
    "claims": "agency",
    "claim": "agency",
    "uploads": "office",
    "exports": "office",
    "compliance": "office",
    "looks": "office",
}


@pytest.fixture(scope="module")
def site(cluster, files):
    with serve.standing(cluster, "bureau", town, files) as standing:
        yield standing


@pytest.fixture
def sit_down(seat, site):
    """Open a page as its reader."""
    _, state = site
    return lambda name: seat(state.tokens[PAGES[name]], state.paths[name])


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_the_authorities_suits_its_readers(sit_down, name):
    assert look.check(sit_down(name), f"bureau-{name}") == []
