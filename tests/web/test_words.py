"""What people read: Chinese with Chinese punctuation, and all of it in English for patients."""

import re
from pathlib import Path

import pytest

import lianyi
from lianyi.kernel.text import catalogue
from tools import messages

SRC = Path(lianyi.__file__).parent
TEMPLATES = SRC / "web/templates"
DESKS = (
    "doctor",
    "pharmacist",
    "pharmacy",
    "laboratory",
    "reception",
    "insurer",
    "regulator",
    "admin",
    "paper",  # a legal form is in Chinese, whoever prints it
)
HAN = r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]"
HALF = re.compile(rf"(?<={HAN})[,;:?!(]")
MARKUP = re.compile(r"{#.*?#}|{%-?\s*trans.*?endtrans\s*-?%}|{{.*?}}|{%.*?%}|<[^>]*>", re.DOTALL)


def for_patients():
    return [
        file
        for file in sorted(TEMPLATES.rglob("*.html"))
        if file.relative_to(TEMPLATES).parts[0] not in DESKS
    ]


def test_every_sentence_of_the_pages_is_in_the_english_catalogue():
    english = messages.english()
    missing = [
        m.id for m in messages.said() if m.id and not (m.id in english and english[m.id].string)
    ]
    assert missing == [], "run make messages and translate"


def test_the_catalogue_holds_nothing_that_no_page_says():
    said = messages.said()
    assert [m.id for m in messages.english() if m.id and m.id not in said] == []


def test_a_translation_takes_the_same_values():
    for message in messages.english():
        if message.id:
            values = re.findall(r"%\(\w+\)s|{}", str(message.id))
            assert sorted(values) == sorted(re.findall(r"%\(\w+\)s|{}", str(message.string)))


@pytest.mark.parametrize("file", for_patients(), ids=lambda f: str(f.relative_to(TEMPLATES)))
def test_a_page_for_patients_says_nothing_outside_the_catalogue(file):
    assert re.findall(HAN, MARKUP.sub("", file.read_text("utf-8")).replace("·", "")) == []


def sentences():
    for file in sorted(TEMPLATES.rglob("*.html")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            yield f"{file.name}:{number}", line
    yield from catalogue("zh").items()
    for message in messages.said():
        yield "messages", str(message.id)


def test_chinese_is_written_with_chinese_punctuation():
    assert [(where, text) for where, text in sentences() if HALF.search(text)] == []


@pytest.mark.parametrize(
    "wrong", ["血压偏高,请复测", "您好!", "过敏(青霉素)", "什么时候开始?", "CYP3A4抑制;注意"]
)
def test_the_check_sees_half_width_punctuation_after_chinese(wrong):
    assert HALF.search(wrong)


@pytest.mark.parametrize("right", ["血压偏高，请复测", "14:30 就诊", "a, b", "过敏（青霉素）"])
def test_the_check_leaves_right_punctuation_alone(right):
    assert not HALF.search(right)
