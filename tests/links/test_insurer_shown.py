"""What is shown to the insurance agency of a person and a prescription, and what it refuses."""

import msgspec
import pytest

from lianyi.kernel.errand import Outcome
from lianyi.links import insurer
from tests.links import provider as providers
from tests.links.agency import (
    CHEAP,
    CLINIC_DESK,
    DRUG,
    PEOPLE,
    STORE_DESK,
    VISIT_ITEM,
    Town,
    identifying,
    line,
    preview,
    registering,
    selling,
)


@pytest.fixture
async def town(tmp_path):
    async with providers.running(tmp_path, "insurer") as provider:
        yield await Town.found(provider)


@pytest.fixture
async def due(town):
    return await town.visit("1001", "310", line(1, VISIT_ITEM, "500"))


async def test_whoever_is_found_is_known_by_one_credential_from_then_on(town):
    """INS-01."""
    asked = identifying("李秀兰", PEOPLE[1]["number"])
    given = (await town.does(asked, insurer.Identified)).authorised
    assert given == "EC1002"
    await town.provider.post("/ended", ["1002"])
    anew = (await town.does(asked, insurer.Identified)).authorised
    assert anew not in {"", given}
    assert (await town.does(asked, insurer.Identified)).authorised == anew
    shown = registering("1002", insurer.RESIDENT, shown=(insurer.E_CREDENTIAL, anew))
    await town.does(shown, insurer.Registered)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "NO_CREDENTIAL"),
        ("made-up", "CREDENTIAL_UNKNOWN"),
        ("EC1002", "CREDENTIAL_UNKNOWN"),
        ("EC1001", "CREDENTIAL_ENDED"),
    ],
)
async def test_ins_01_whoever_shows_no_standing_credential_is_not_paid_for(town, due, number, code):
    await town.prescribe()
    if code == "CREDENTIAL_ENDED":
        await town.provider.post("/ended", ["1001"])
    shown = (insurer.E_CREDENTIAL, number)
    assert await town.refuses(registering(shown=shown)) == code
    for settling in (due, preview(due)):
        forged = msgspec.structs.replace(settling, credential_number=number)
        assert await town.refuses(forged) == code
    sale = selling(line(1, DRUG, "20", packs=["8100001"]), shown=shown)
    for act in (sale, preview(sale)):
        assert await town.refuses(act, sender=STORE_DESK) == code
    assert await town.provider.get("/settlements") == []


async def test_ins_17_an_identity_card_is_shown_at_a_counter_and_not_online(town):
    card = (insurer.ID_CARD, PEOPLE[0]["number"])
    await town.does(registering(shown=card), insurer.Registered)
    assert await town.refuses(registering(shown=card, online=True)) == "CREDENTIAL_UNKNOWN"
    another = (insurer.ID_CARD, PEOPLE[1]["number"])
    assert await town.refuses(registering(shown=another)) == "CREDENTIAL_UNKNOWN"


async def test_ins_16_an_online_follow_up_of_nothing_is_not_paid(town):
    visit = (await town.does(registering(online=True), insurer.Registered)).visit
    sent = insurer.SendLines("1001", visit, "1", [line(1, VISIT_ITEM, "15")])
    assert await town.refuses(sent) == "NO_DIAGNOSIS"


async def test_a_pharmacy_receives_no_visits_and_a_hospital_is_no_shop(town):
    """INS-16, FR-20: each kind of designated institution has its own transactions."""
    await town.prescribe()
    assert await town.refuses(registering(), sender=STORE_DESK) == "NOT_A_HOSPITAL"
    assert (await town.prescribe(sender=STORE_DESK)).body["code"] == "NOT_A_HOSPITAL"
    sale = selling(line(1, DRUG, "20", packs=["8100001"]))
    assert await town.refuses(sale) == "NOT_A_PHARMACY"


async def test_ins_17_a_sale_is_of_what_a_hospital_has_prescribed_to_this_person(town):
    def sale(**given):
        person = given.pop("person", "1001")
        return selling(line(1, DRUG, "20", packs=["8100001"], **given), person=person)

    await town.prescribe(many=2)
    await town.prescribe(CHEAP, number="RX2")
    await town.prescribe(number="RX3", person="1002")
    for act, code in (
        (sale(prescription=""), "NO_PRESCRIPTION"),
        (sale(prescription="RX9"), "PRESCRIPTION_UNKNOWN"),
        (sale(prescription="RX3"), "PRESCRIPTION_UNKNOWN"),
        (sale(prescription="RX2"), "NOT_PRESCRIBED"),
        (sale(quantity=3), "NOT_PRESCRIBED"),
    ):
        for one in (act, preview(act)):
            assert await town.refuses(one, sender=STORE_DESK) == code
    await town.settled(sale(quantity=2), sender=STORE_DESK)


async def test_only_the_hospital_that_wrote_a_prescription_says_it_anew(town):
    await town.prescribe()
    assert (await town.prescribe(CHEAP, DRUG)).outcome is Outcome.YES
    for given in ({"sender": CLINIC_DESK}, {"person": "1002"}):
        assert (await town.prescribe(**given)).body["code"] == "PRESCRIPTION_KNOWN"
