import asyncio
from datetime import date
from itertools import count

import pytest

from lianyi.access.errors import NoSuchPerson, ProofTooLow
from lianyi.access.model import Purpose, Scope
from lianyi.accounts import queries as accounts
from lianyi.accounts import service as sign_up
from lianyi.journeys import card, family, sign_in
from lianyi.kernel.actor import NOWHERE, Actor
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.people import queries
from lianyi.people import service as people
from lianyi.people.errors import (
    BadCode,
    BadDate,
    BadName,
    BadNumber,
    CardNotActive,
    CodeExpired,
    CodeUsed,
    Died,
    DocumentMissing,
    HasCard,
    NoSuchCard,
    NotRegistered,
    PhoneTaken,
    TooManyApplications,
)
from lianyi.people.model import CardState, Progress
from tests.identity import id_number
from tests.journeys.outside import outside as worlds

NAME = "王秀英"
_phones = count(13700000000)


@pytest.fixture
async def world(app, tmp_path):
    async with worlds(app, tmp_path) as world:
        yield world


@pytest.fixture
def number():
    return id_number()


@pytest.fixture
def phone():
    return str(next(_phones))


class Somebody:
    """A phone in a hand, and the session opened with it."""

    def __init__(self, place, phone):
        self.place, self.phone = place, phone

    @property
    def hat(self):
        return self.session.hat

    async def signs_in(self):
        self.place.app.clock.forward(seconds=1)  # only the newest code of a phone is good
        code_id = await self.place.do(self.place.office, sign_up.new_code, phone=self.phone)
        _, code = await self.place.ask(self.place.office, sign_up.code_to_send, code_id=code_id)
        opened = await self.place.do(
            self.place.office, sign_in.by_phone, phone=self.phone, code=code
        )
        self.token = opened.token
        self.session = await self._session(opened.token)
        return self

    async def _session(self, token):
        found = await self.place.ask(self.place.office, accounts.sessions, tokens=[token])
        return found.get(token)

    async def is_signed_in(self):
        found = await self._session(self.token)
        return found is not None

    async def applies(self, name, number):
        return await self.place.do(
            self.hat, card.open_card, name=name, number=number, phone=self.phone, notice=card.NOTICE
        )

    async def progress(self):
        return (await self.place.ask(self.hat, queries.application)).progress

    async def does(self, verb, **arguments):
        return await self.place.do(self.hat, verb, **arguments)


@pytest.fixture
def somebody(place, phone):
    async def signed_in(own_phone=None):
        return await Somebody(place, own_phone or phone).signs_in()

    return signed_in


@pytest.fixture
async def holder(world, somebody, number, phone):
    """Somebody whose card was opened online."""
    await world.lives(NAME, number, phone)
    guest = await somebody()
    guest.card_id = await guest.applies(NAME, number)
    await world.work()
    return await guest.signs_in()


@pytest.fixture
async def clerk(place):
    return await place.clerk()


def document(number, name=NAME):
    return people.resident_identity(name=name, number=number)


async def live_card(place, person_id):
    rows = await place.rows(
        "SELECT id, state FROM people.card WHERE person_id = $1 AND state IN ('active', 'frozen')",
        person_id,
    )
    return rows[0] if rows else None


async def test_a_card_opens_when_name_number_and_the_phone_s_holder_agree(
    world, somebody, number, phone
):
    """CAP-1, IDN-02."""
    await world.lives(NAME, number, phone)
    guest = await somebody()
    await guest.applies(NAME, number)
    assert await guest.progress() is Progress.CHECKING
    await world.work()
    assert await guest.progress() is Progress.ACTIVE
    resident = await guest.signs_in()
    assert resident.hat.role == "resident"
    assert resident.hat.person_id == resident.session.account.person_id


async def test_a_card_opened_online_books_and_pays_and_reads_only_after_a_clerk_has_seen_one(
    place, holder, clerk, number
):
    """CON-10: proof level 1, then 2."""
    person_id = holder.hat.person_id
    for purpose in (Purpose.RECEIVE, Purpose.PAY):
        await place.open(holder.hat, person_id, purpose)
    with pytest.raises(ProofTooLow):
        await place.open(holder.hat, person_id, Purpose.OWN)
    assert await place.do(clerk, card.see_in_person, identity=document(number)) == person_id
    await place.open(holder.hat, person_id, Purpose.OWN)


@pytest.mark.parametrize(
    ("name", "number", "refusal"),
    [
        ("王秀英", "370102196103054021", BadNumber),
        ("王秀英", "37010219610230402X", BadNumber),
        ("王秀英", "123", BadNumber),
        ("", None, BadName),
        ("王秀英<script>", None, BadName),
    ],
    ids=["check digit", "birth date", "length", "no name", "markup"],
)
async def test_a_wrong_number_or_name_is_refused_before_anything_is_asked(
    place, somebody, name, number, refusal
):
    guest = await somebody()
    with pytest.raises(refusal):
        await guest.applies(name, number or id_number())
    assert await place.ask(guest.hat, queries.application) is None


async def test_what_the_registry_denies_is_for_a_clerk_to_look_at(
    world, place, somebody, clerk, number, phone
):
    await world.lives("李秀英", number, phone)
    guest = await somebody()
    card_id = await guest.applies(NAME, number)
    await world.work()
    assert await guest.progress() is Progress.COUNTER
    await place.do(clerk, card.admit, card_id=card_id, identity=document(number))
    assert await guest.progress() is Progress.ACTIVE


async def test_an_answer_that_is_lost_is_asked_for_and_opens_the_card_once(
    world, place, somebody, clock, number, phone
):
    await world.lives(NAME, number, phone)
    guest = await somebody()
    await guest.applies(NAME, number)
    await world.registry.fails(lose_answer=1)
    await world.work()
    assert await guest.progress() is Progress.CHECKING
    clock.forward(minutes=2)
    await world.work()
    assert await guest.progress() is Progress.ACTIVE
    assert await place.rows(
        "SELECT count(*) FROM people.card WHERE applicant_id = $1", guest.session.account.id
    ) == [(1,)]


async def test_a_registry_that_never_answers_leaves_the_counter_open(
    world, place, somebody, clerk, number
):
    guest = await somebody()
    card_id = await guest.applies(NAME, number)
    await world.registry.fails(lose_request=9)
    await world.work()
    await place.do(clerk, card.admit, card_id=card_id, identity=document(number))
    assert await guest.progress() is Progress.ACTIVE


async def test_applying_again_drops_the_first_application(place, somebody, number):
    guest = await somebody()
    first = await guest.applies(NAME, number)
    second = await guest.applies("王秀兰", number)
    states = dict(
        await place.rows("SELECT id, state FROM people.card WHERE id = ANY ($1)", [first, second])
    )
    assert states == {first: "lapsed", second: "applied"}


async def test_a_phone_applies_five_times_a_day(somebody, clock, number):
    """IDN-01: nobody tries out other people's numbers."""
    guest = await somebody()
    for _ in range(5):
        await guest.applies(NAME, number)
    with pytest.raises(TooManyApplications):
        await guest.applies(NAME, number)
    clock.forward(days=1)
    await guest.applies(NAME, number)


async def test_a_number_with_a_card_looks_to_another_phone_like_one_without(
    world, place, holder, somebody, number
):
    """Nothing is shown, merged or moved, and the old phone is told."""
    other = await somebody(str(next(_phones)))
    stranger = await somebody(str(next(_phones)))
    await world.lives(NAME, number, other.phone)
    before = await live_card(place, holder.hat.person_id)
    for guest, of in ((other, number), (stranger, id_number())):
        await guest.applies(NAME, of)
        assert await guest.progress() is Progress.CHECKING
    await world.work()
    assert await other.progress() is await stranger.progress() is Progress.COUNTER
    assert await live_card(place, holder.hat.person_id) == before
    assert (await other.signs_in()).hat.role == "guest"
    assert await world.inbox(holder.phone) == ["card_claimed"]
    (claim,) = await holder.does(card.claims)
    assert claim.masked_phone.endswith(other.phone[-4:])


async def test_the_old_phone_is_told_of_a_wrong_guess_too_but_cannot_agree_to_it(
    world, holder, somebody, number
):
    other = await somebody(str(next(_phones)))
    card_id = await other.applies(NAME, number)
    await world.work()
    assert await world.inbox(holder.phone) == ["card_claimed"]
    assert await holder.does(card.claims) == []
    with pytest.raises(NoSuchCard):
        await holder.does(card.agree, card_id=card_id)


async def claimed(world, somebody, number):
    """Return somebody with another phone that is theirs, who applied on the same number."""
    other = await somebody(str(next(_phones)))
    await world.lives(NAME, number, other.phone)
    other.card_id = await other.applies(NAME, number)
    await world.work()
    return other


async def test_the_card_moves_when_the_old_phone_agrees_and_the_old_phone_is_out(
    world, place, holder, somebody, number
):
    other = await claimed(world, somebody, number)
    person_id = holder.hat.person_id
    await holder.does(card.agree, card_id=other.card_id)
    assert await live_card(place, person_id) == (other.card_id, "active")
    assert not await holder.is_signed_in()
    assert (await other.signs_in()).hat.person_id == person_id
    assert (await holder.signs_in()).hat.role == "guest"


async def test_the_old_phone_turns_a_claim_away(world, place, holder, somebody, number):
    other = await claimed(world, somebody, number)
    await holder.does(card.deny, card_id=other.card_id)
    assert await holder.does(card.claims) == []
    with pytest.raises(NoSuchCard):
        await holder.does(card.agree, card_id=other.card_id)
    assert await other.progress() is Progress.COUNTER
    assert (await live_card(place, holder.hat.person_id))[0] == holder.card_id


async def test_nobody_agrees_to_another_s_claim(world, place, holder, somebody, number):
    other = await claimed(world, somebody, number)
    stranger = await place.resident(name="赵明月")
    with pytest.raises(NoSuchCard):
        await place.do(stranger, card.agree, card_id=other.card_id)


async def test_a_lost_phone_is_replaced_over_the_counter(place, holder, somebody, clerk, number):
    """The identity card in hand; the new phone was proven by its own session."""
    other = await somebody(str(next(_phones)))
    card_id = await other.applies(NAME, number)
    (claim,) = await place.do(clerk, card.applications_at_counter, identity=document(number))
    assert claim.card_id == card_id
    await place.do(clerk, card.admit, card_id=card_id, identity=document(number))
    assert await live_card(place, holder.hat.person_id) == (card_id, "active")
    assert not await holder.is_signed_in()
    assert (await other.signs_in()).hat.person_id == holder.hat.person_id


async def test_a_clerk_admits_only_the_document_s_own_application(place, somebody, clerk, number):
    guest = await somebody()
    card_id = await guest.applies(NAME, number)
    for other in (document(id_number()), document(number, "王秀兰")):
        with pytest.raises(NoSuchCard):
            await place.do(clerk, card.admit, card_id=card_id, identity=other)
    with pytest.raises(WrongRole):
        await place.do(await place.doctor(), card.admit, card_id=card_id, identity=document(number))


async def test_one_phone_is_the_way_in_of_one_card(world, place, holder, clerk):
    """IDN-01: a second person on the same phone is family, not another card."""
    second = id_number()
    guest = Actor(account := holder.session.account.id, account, NOWHERE, "guest")
    card_id = await place.do(
        guest, card.open_card, name="赵明月", number=second, phone=holder.phone, notice=card.NOTICE
    )
    with pytest.raises(PhoneTaken):
        await place.do(clerk, card.admit, card_id=card_id, identity=document(second, "赵明月"))


async def test_a_clerk_opens_a_card_for_somebody_without_a_phone(place, clerk, number):
    """IDN-10."""
    granted = await place.do(clerk, card.open_at_counter, identity=document(number))
    assert await live_card(place, granted.person_id) == (granted.card_id, "active")
    await place.open(clerk, granted.person_id, Purpose.RECEIVE)
    with pytest.raises(HasCard):
        await place.do(clerk, card.open_at_counter, identity=document(number))


async def test_a_hundred_clerks_open_one_card(place, clerk, number):
    """IDN-01: one person, one card."""

    async def attempt():
        try:
            await place.do(clerk, card.open_at_counter, identity=document(number))
        except HasCard:
            return 0
        return 1

    assert sum(await asyncio.gather(*(attempt() for _ in range(20)))) == 1


async def test_a_code_is_read_once_and_names_nobody(place, holder, clerk, number):
    """IDN-03."""
    code = await holder.does(card.show_code)
    assert code.isalnum()
    assert code.isupper()
    assert len(code) < 80
    assert number not in code
    with pytest.raises(NoSuchPerson):
        await place.open(clerk, holder.hat.person_id, Purpose.RECEIVE)
    person = await place.do(clerk, card.scan_card, code=code.lower())
    assert (person.id, person.masked_name) == (holder.hat.person_id, "王*英")
    await place.open(clerk, holder.hat.person_id, Purpose.RECEIVE)
    with pytest.raises(CodeUsed):
        await place.do(clerk, card.scan_card, code=code)


async def test_of_twenty_readers_one_reads_a_code(place, holder, clerk):
    """IDN-03."""
    code = await holder.does(card.show_code)

    async def attempt():
        try:
            await place.do(clerk, card.scan_card, code=code)
        except CodeUsed:
            return 0
        return 1

    assert sum(await asyncio.gather(*(attempt() for _ in range(20)))) == 1


async def test_a_code_lives_for_a_minute(place, holder, clerk, clock):
    """IDN-03."""
    codes = [await holder.does(card.show_code) for _ in range(2)]
    clock.forward(seconds=59)
    await place.do(clerk, card.scan_card, code=codes[0])
    clock.forward(seconds=1)
    with pytest.raises(CodeExpired):
        await place.do(clerk, card.scan_card, code=codes[1])


async def test_a_forged_or_broken_code_is_refused(place, holder, clerk):
    """IDN-03: one character changed, cut, or never ours."""
    code = await holder.does(card.show_code)
    changed = code[:10] + ("A" if code[10] != "A" else "B") + code[11:]
    for forged in (changed, code[:-1], "", "LY" + "A" * 77, "https://example.test"):
        with pytest.raises(BadCode):
            await place.do(clerk, card.scan_card, code=forged)


async def test_a_resident_scans_nobody(place, holder):
    code = await holder.does(card.show_code)
    with pytest.raises(WrongRole):
        await holder.does(card.scan_card, code=code)


async def test_what_a_scan_opens_is_closed_at_midnight(place, holder, clerk, clock):
    await place.do(clerk, card.scan_card, code=await holder.does(card.show_code))
    clock.forward(hours=12)
    with pytest.raises(NoSuchPerson):
        await place.open(clerk, holder.hat.person_id, Purpose.RECEIVE)


async def test_a_pharmacist_who_scans_sees_for_dispensing(place, holder):
    person = await place.do(
        await place.pharmacist(), card.scan_card, code=await holder.does(card.show_code)
    )
    assert person.id == holder.hat.person_id


async def test_a_frozen_card_is_refused_at_once_and_only_a_clerk_thaws_it(
    place, holder, clerk, number
):
    code, person_id = await holder.does(card.show_code), holder.hat.person_id
    await holder.does(card.freeze, person_id=person_id)
    with pytest.raises(CardNotActive):
        await place.do(clerk, card.scan_card, code=code)
    with pytest.raises(CardNotActive):
        await holder.does(card.show_code)
    with pytest.raises(WrongRole):
        await holder.does(card.thaw, identity=document(number))
    with pytest.raises(NotRegistered):
        await place.do(clerk, card.thaw, identity=document(id_number()))
    await place.do(clerk, card.thaw, identity=document(number))
    await holder.does(card.show_code)
    with pytest.raises(WrongState):
        await place.do(clerk, card.thaw, identity=document(number))


async def test_nobody_freezes_another_s_card(place, holder):
    stranger = await place.resident(name="赵明月")
    with pytest.raises(NoSuchPerson):
        await place.do(stranger, card.freeze, person_id=holder.hat.person_id)


async def test_a_death_closes_the_card_and_ends_every_mandate(
    place, holder, clerk, somebody, number
):
    person_id = holder.hat.person_id
    await place.do(clerk, card.see_in_person, identity=document(number))
    proxy_number = id_number()
    proxy = await place.resident(name="李建华", number=proxy_number)
    kin_id = await place.do(proxy, family.invite, name=NAME, number=number, scopes=frozenset(Scope))
    await holder.does(family.accept, kin_id=kin_id, scopes=frozenset(Scope))
    code = await holder.does(card.show_code)

    async def dies(hat=clerk, **given):
        facts = {
            "identity": document(number),
            "died_on": date(2030, 1, 6),
            "document": "死亡证明A1",
        }
        await place.do(hat, card.record_death, **{**facts, **given})

    with pytest.raises(WrongRole):
        await dies(await place.doctor())
    with pytest.raises(DocumentMissing):
        await dies(document=" ")
    for wrong in (date(2030, 1, 8), date(1900, 1, 1)):
        with pytest.raises(BadDate):
            await dies(died_on=wrong)
    await dies()
    assert await live_card(place, person_id) is None
    with pytest.raises(CardNotActive):
        await place.do(clerk, card.scan_card, code=code)
    assert not await holder.is_signed_in()
    assert not await place.ask(
        proxy, queries.may_act_for, holder_id=proxy.person_id, subject_id=person_id
    )
    switched = Actor(proxy.person_id, proxy.person_id, NOWHERE, proxy.role, person_id)
    for hat in (holder.hat, switched):
        with pytest.raises(NoSuchPerson):
            await place.open(hat, person_id, Purpose.RECEIVE)
    with pytest.raises(Died):
        await dies()
    with pytest.raises(Died):
        await place.do(clerk, card.open_at_counter, identity=document(number))


async def test_the_dead_get_no_card_online(world, place, clerk, somebody, number, phone):
    await place.person(NAME, number=number)
    await place.do(
        clerk,
        card.record_death,
        identity=document(number),
        died_on=date(2030, 1, 6),
        document="死亡证明A1",
    )
    await world.lives(NAME, number, phone)
    guest = await somebody()
    await guest.applies(NAME, number)
    await world.work()
    assert await guest.progress() is Progress.COUNTER


async def test_a_card_is_shown_to_its_holder(place, holder):
    async def look(tx):
        return await queries.card(
            tx,
            await card.access.open_chart(
                tx, person_id=holder.hat.person_id, purpose=Purpose.RECEIVE
            ),
        )

    shown = await place.ask(holder.hat, look)
    assert (shown.card_id, shown.state) == (holder.card_id, CardState.ACTIVE)
