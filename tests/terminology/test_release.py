"""The shipped release is whole: every row has its form, and every fact its source or says so."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from lianyi.kernel.text import catalogue
from lianyi.terminology import queries
from lianyi.terminology.errors import NoSuchRelease
from lianyi.terminology.model import UNSOURCED, Aspect, Control, Effect, Supply

KNOWN = queries.snapshot()
ATC = re.compile(r"^[A-Z]\d{2}[A-Z]{2}(\d{2})?$")
UNITS = {"g", "mg", "ug", "mL", "IU"}
ROUTES = {"po", "sl", "sc", "inh", "nasal", "eye", "topical"}


def facts() -> Iterator[Any]:
    for known in KNOWN.facts.values():
        yield from known.doses + known.kidneys + known.pregnancies + known.ages
        yield from known.indications + known.diseases
    for listed in KNOWN.interactions.values():
        yield from listed


def test_the_release_is_a_demo_that_no_pharmacist_has_approved():
    release = queries.release()
    assert release.demo
    assert not release.approved
    assert release.title == "演示知识库"


def test_an_unknown_release_is_refused():
    with pytest.raises(NoSuchRelease):
        queries.snapshot("none")


def test_there_are_at_least_120_drugs_and_their_codes_are_unique():
    assert len(KNOWN.drugs) >= 120
    assert all(code == drug.code for code, drug in KNOWN.drugs.items())


@pytest.mark.parametrize("code", KNOWN.drugs)
def test_every_drug_has_what_a_prescription_must_show(code: str):
    """RX-09."""
    drug = KNOWN.drugs[code]
    assert all((drug.name, drug.inn, drug.form, drug.strength, drug.unit, drug.pack, drug.storage))
    assert ATC.match(drug.atc)
    assert drug.pack_size > 0
    assert drug.route in ROUTES
    assert drug.frequencies
    assert set(drug.frequencies) <= KNOWN.frequencies.keys()
    assert set(drug.substances) <= KNOWN.substances.keys()
    assert all(content.amount.value > 0 for content in drug.contents)
    assert {content.amount.unit for content in drug.contents} <= UNITS
    assert drug.pinyin.replace(" ", "").isalnum()
    assert drug.source in KNOWN.sources


def test_a_controlled_drug_is_never_sold_over_the_counter():
    controlled = [drug for drug in KNOWN.drugs.values() if drug.control is not Control.NONE]
    assert controlled
    assert all(drug.supply is Supply.PRESCRIPTION for drug in controlled)


def test_substances_have_an_atc_code():
    assert all(ATC.match(substance.atc) for substance in KNOWN.substances.values())


def test_every_fact_names_a_source_that_is_recorded_or_says_that_it_has_none():
    assert {fact.source for fact in facts()} <= KNOWN.sources.keys() | {UNSOURCED}


@pytest.mark.parametrize("code", KNOWN.observations)
def test_every_observation_says_in_english_what_it_says_in_chinese(code: str):
    observation = KNOWN.observations[code]
    english = queries.plain(observation, "en")
    chinese = queries.plain(observation, "zh")
    assert not re.search(
        r"[\u4e00-\u9fff]", f"{english.name}{english.what}{english.high}{english.low}"
    )
    for line in ("name", "what", "high", "low"):
        assert bool(getattr(english, line)) == bool(getattr(chinese, line)), line
    assert english.source in KNOWN.sources.keys() | {UNSOURCED}


def test_every_source_has_title_publisher_date_and_address():
    for source in KNOWN.sources.values():
        assert all((source.title, source.publisher, source.date, source.address)), source.id


def test_every_fact_is_about_a_substance_that_is_in_the_release():
    for fact in facts():
        named = {fact.first, fact.second} if hasattr(fact, "first") else {fact.substance}
        assert named <= KNOWN.substances.keys()


def test_every_cap_names_one_of_the_two_and_an_amount():
    for listed in KNOWN.interactions.values():
        for fact in listed:
            if fact.effect is Effect.LIMIT:
                assert fact.capped in {fact.first, fact.second}
                assert fact.most is not None
                assert fact.note


def test_a_limit_by_kidney_or_age_has_its_threshold_and_its_words():
    for known in KNOWN.facts.values():
        for kidney in known.kidneys:
            assert (kidney.below > 0) == (kidney.effect is not Effect.NONE)
        for age in known.ages:
            assert (age.under_months > 0) == (age.effect is not Effect.NONE)


def test_groups_have_members_that_are_in_the_release_and_a_source():
    for group in KNOWN.groups.values():
        assert group.members <= KNOWN.substances.keys()
        assert group.source in KNOWN.sources
        assert group.kind in (Aspect.ALLERGY, Aspect.DUPLICATE)


def test_diagnoses_are_of_the_insurance_edition():
    assert len(KNOWN.diagnoses) >= 300
    form = re.compile(r"^[A-Z]\d{2}\.([0-9]\d{2}|x\d{2})(x\d{3})?$")
    assert [code for code in KNOWN.diagnoses if not form.match(code)] == []
    assert {each.source for each in KNOWN.diagnoses.values()} <= KNOWN.sources.keys()


def test_the_frequencies_are_arithmetic():
    times = {each.code: each.times for each in KNOWN.frequencies.values()}
    assert times["qd"] == 1
    assert times["q8h"] == Decimal(3)
    assert times["prn"] is None


def test_what_a_check_says_is_worded_in_both_languages():
    assert set(catalogue("zh")) == set(catalogue("en"))
    assert "terminology.check.no_sourced_fact" in catalogue("zh")
