"""Signs of an emergency in what people write (CON-28): what tells of one, what denies it."""

import time

import pytest

from lianyi.consult.model import Answered, Course, Intake
from lianyi.consult.rules import flags

TOLD = [
    ("胸痛", "chest"),
    ("我胸口一阵疼", "chest"),
    ("今天早上胸口很痛，出了一身汗", "chest"),
    ("没有发烧有胸痛", "chest"),
    ("没有发热，但胸痛", "chest"),
    ("胸痛，没有发热", "chest"),
    ("不是没有胸痛", "chest"),
    ("不能排除胸痛", "chest"),
    ("没有力气、胸痛", "chest"),
    ("没睡好胸痛", "chest"),
    ("没有发烧胸痛得厉害", "chest"),
    ("I have chest pain", "chest"),
    ("嘴歪了", "stroke"),
    ("说话突然不清楚，右边手脚没劲", "stroke"),
    ("一侧肢体无力", "stroke"),
    ("突然看不见东西", "stroke"),
    ("喘不过气来", "breath"),
    ("嘴唇发紫", "breath"),
    ("I can't breathe", "breath"),
    ("昨晚吐血了", "bleeding"),
    ("这两天黑便", "bleeding"),
    ("刚才晕倒了", "faint"),
    ("老人叫不醒", "faint"),
    ("不想活了", "suicide"),
    ("我不太想活", "suicide"),
    ("活着真没意思", "suicide"),
    ("如果我自杀呢", "suicide"),
    ("I want to kill myself", "suicide"),
    ("孩子抽搐了", "fit"),
    ("误服农药", "poison"),
    ("怀孕七个月今天出血", "birth"),
]
NOT_TOLD = [
    "没有胸痛",
    "无胸痛",
    "没有胸痛、胸闷",
    "没有胸闷、胸痛",
    "没有胸闷胸痛",
    "无头晕、胸痛、呼吸困难",
    "否认胸痛及呼吸困难",
    "不咳嗽不胸痛",
    "没有再出现胸痛",
    "从没有过胸痛",
    "胸痛：无",
    "胸痛没有",
    "头晕，没有胸痛也没有呼吸困难",
    "没有说话不清、肢体麻木",
    "没有一侧肢体无力",
    "没吐血，没黑便",
    "没晕倒过",
    "不想死",
    "没有自杀的想法",
    "如果胸痛怎么办",
    "会不会中风导致偏瘫",
    "血压控制得不错，平时 130/80",
    "no chest pain",
    "I don't have chest pain",
    "",
]


@pytest.mark.parametrize(("text", "flag"), TOLD)
def test_a_sign_of_an_emergency_is_a_hit(text, flag):
    """CON-28"""
    assert flag in flags.in_text(text)


@pytest.mark.parametrize("text", NOT_TOLD)
def test_what_is_denied_or_only_supposed_is_no_hit(text):
    """CON-28: 没有胸痛 is no hit."""
    assert flags.in_text(text) == ()


def test_a_denial_ends_with_its_clause():
    assert flags.in_text("没有发热、咳嗽。今天胸痛") == ("chest",)


def test_any_question_answered_with_yes_is_a_hit():
    told = Intake("复查血压", Course.STABLE, answers=(Answered("pressure", yes=True),))
    assert flags.hits(told) == ("pressure",)
    denied = Intake("复查血压", Course.STABLE, answers=(Answered("pressure", yes=False),))
    assert flags.hits(denied) == ()


@pytest.mark.parametrize(
    "field", ["complaint", "readings", "medicines", "allergies", "wanted", "named"]
)
def test_every_text_of_an_intake_is_read(field):
    told = {"complaint": "复查", "course": Course.STABLE, field: "今天胸痛"}
    assert flags.hits(Intake(**told)) == ("chest",)


@pytest.mark.parametrize(
    ("code", "own"),
    [
        ("I10.x00x002", "pressure"),
        ("E11.900", "sugar_low"),
        ("J45.900", "asthma"),
        ("I25.103", "heart"),
        ("K29.500", "belly"),
    ],
)
def test_every_disease_has_its_own_question_beside_the_general_ones(code, own):
    asked = flags.asked_for(code)
    assert own in asked
    assert {"chest", "stroke", "breath", "bleeding", "faint", "suicide"} <= set(asked)
    assert own not in flags.asked_for("M10.900")


def test_a_long_text_is_read_at_once():
    """Nobody holds the event loop by what they type."""
    since = time.perf_counter()
    for piece in ("没有", "没有胸痛、", "突然", "胸口一阵", "I don't have "):
        flags.in_text(piece * (2000 // len(piece)))
    assert time.perf_counter() - since < 0.5


def test_the_mind_is_told_of_the_helpline():
    assert flags.is_suicidal(("chest", "suicide"))
    assert not flags.is_suicidal(("chest",))
