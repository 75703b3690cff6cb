"""Searching, dose arithmetic and reading an operator's own list."""

from decimal import Decimal
from pathlib import Path

import pytest

from lianyi.terminology import queries
from lianyi.terminology.errors import NoSuchDiagnosis, NoSuchDrug
from lianyi.terminology.model import Amount

FULL_LIST = Path(__file__).parents[3] / "shared/data/codes/icd10_cn_diagnoses.dat"


@pytest.mark.parametrize("typed", ["辛伐他汀", "simvastatin", "xinfatating", "xftt", "XFTTP"])
def test_a_drug_is_found_by_its_names_pinyin_and_initials(typed: str):
    assert "simvastatin-tab-20mg" in {drug.code for drug in queries.search_drugs(typed)}


@pytest.mark.parametrize("typed", ["高血压", "gaoxueya", "gxy", "I10.x00x002"])
def test_a_diagnosis_is_found_by_its_name_pinyin_initials_and_code(typed: str):
    assert queries.search_diagnoses(typed)[0].code == "I10.x00x002"


def test_a_search_for_nothing_finds_nothing():
    assert queries.search_drugs("  ") == ()
    assert queries.search_diagnoses("没有这种病") == ()


def test_an_allergy_is_found_as_a_class_before_the_substances():
    found = queries.allergens("青霉素")
    assert next(iter(found)) == "penicillins"
    assert queries.allergens("阿莫西林") == {"amoxicillin": "阿莫西林"}
    assert queries.allergens("") == {}


def test_an_alert_can_name_what_it_is_about():
    assert queries.name_of("amlodipine") == "氨氯地平"
    assert queries.name_of("nsaids").startswith("非甾体")
    assert queries.name_of("花生") == "花生"


def test_what_is_not_listed_is_refused():
    with pytest.raises(NoSuchDrug):
        queries.drug("none")
    with pytest.raises(NoSuchDiagnosis):
        queries.diagnosis("A99.999")


def test_the_family_of_a_diagnosis_is_its_first_three_characters():
    """CON-02."""
    assert queries.family("I10.x00x002") == queries.family("I10.x09") == "I10"


def test_only_chronic_and_common_diseases_are_followed_up_online():
    """CON-01."""
    assert queries.may_be_followed_up_online("I10.x00")
    assert queries.may_be_followed_up_online("J06.900")
    assert not queries.may_be_followed_up_online("I21.900")
    assert not queries.may_be_followed_up_online("A99.999")


@pytest.mark.parametrize(
    ("dose", "units"),
    [
        (Amount(Decimal(40), "mg"), Decimal(2)),
        (Amount(Decimal("0.02"), "g"), Decimal(1)),
        (Amount(Decimal("0.5"), "片"), Decimal("0.5")),
        (Amount(Decimal(5), "IU"), None),
    ],
)
def test_a_dose_is_told_in_tablets_only_where_the_units_allow(dose, units):
    assert queries.units_of("simvastatin-tab-20mg", dose) == units


def test_a_compound_has_a_daily_amount_of_each_substance():
    daily = queries.daily_amounts("losartan-hctz-tab", units=Decimal(1), frequency="bid")
    assert daily == {
        "losartan": Amount(Decimal(100), "mg"),
        "hydrochlorothiazide": Amount(Decimal("25.0"), "mg"),
    }


@pytest.mark.parametrize(
    ("units", "frequency", "days", "packs"),
    [("1", "qd", 7, 1), ("1", "qd", 8, 2), ("0.5", "bid", 28, 4), ("1", "prn", 7, None)],
)
def test_whole_packs_are_handed_out(units, frequency, days, packs):
    told = queries.packs_for(
        "amlodipine-tab-5mg", units=Decimal(units), frequency=frequency, days=days
    )
    assert told == packs


def test_a_list_is_read_with_the_numbers_of_the_lines_at_fault():
    read = queries.read_diagnoses(
        "\ufeffI10.x00 高血压\n\nE11.900,2型糖尿病\nnonsense\nI10.x00 again\nX9 short\n",
        source="file",
    )
    assert [entry.code for entry in read.entries] == ["I10.x00", "E11.900"]
    assert read.entries[1].name == "2型糖尿病"
    assert read.faults == (4, 5, 6)


@pytest.mark.skipif(not FULL_LIST.exists(), reason="needs ../shared/data/codes")
def test_the_full_insurance_list_is_read_and_holds_every_shipped_code():
    read = queries.read_diagnoses(FULL_LIST.read_text(encoding="utf-8"), source="file")
    names = {entry.code: entry.name for entry in read.entries}
    assert read.faults == ()
    assert len(names) > 33_000
    for diagnosis in queries.snapshot().diagnoses.values():
        assert names[diagnosis.code] == diagnosis.name
