"""Signs of an emergency, in answers and in free text (CON-28). Pure.

Too many hits cost a phone call, one too few may cost a life: only what is plainly denied, or only
asked about, is no hit. What each sign stands on:

- chest, faint: 国家卫生健康委，急性心肌梗死“两个 120”宣传要点: call 120 at once
- stroke: 国家卫生健康委脑卒中防治工程委员会“中风 120”三步识别法, 2016
- pressure: 中国高血压防治指南（2024 年修订版）: 180/120 mmHg with damage to an organ
- sugar: 中国糖尿病防治指南（2024 版）: hypoglycaemia and ketoacidosis
- asthma: 支气管哮喘防治指南（2020 年版）: severe attacks
- fit: ILAE 2015, status epilepticus from the fifth minute
- suicide: 国家卫生健康委办公厅关于应用“12356”全国统一心理援助热线电话号码的通知, 2024
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lianyi.consult.model import Answered, Intake


@dataclass(frozen=True, slots=True)
class Flag:
    """One sign: a question to be answered with yes or no, and words by which people tell of it."""

    code: str
    words: tuple[str, ...] = ()
    families: tuple[str, ...] = ()  # of diagnoses for which it is asked; empty: of all
    asked: bool = True


CHEST, STROKE, BREATH, BLEEDING = "chest", "stroke", "breath", "bleeding"
FAINT, SUICIDE, FIT, SHOCK, POISON = "faint", "suicide", "fit", "shock", "poison"
HEAD, BIRTH = "head", "birth"
SUICIDAL = frozenset({SUICIDE})

SIDE = "(?:半边|半身|一侧|一边|左侧|右侧|左边|右边|单侧|偏侧)"
LIMB = "(?:身体|身子|肢体|手脚|胳膊|手臂|手|腿|脚)"
LAME = "(?:无力|没力|没劲|麻木|麻|瘫|动不了|抬不起来|不能动|不听使唤)"

# Asked of everybody, then those of the disease that is followed up.
FLAGS = (
    Flag(
        CHEST,
        (
            r"胸(?:口|部|前|骨后)?(?:一阵|突然|剧烈|很|好|特别|非常|有点|有些)*[的地]?(?:疼|痛)",
            "心绞痛",
            "心口(?:疼|痛)",
            "胸(?:口)?(?:压榨|憋闷|发闷得厉害)",
            "心前区(?:疼|痛|不适)",
            "chest pain",
            "chest (?:tight|pressure)",
        ),
    ),
    Flag(
        STROKE,
        (
            "(?:口角|嘴角?|嘴巴|脸|面部|口眼)(?:突然|有点|一边|一侧)*(?:歪|斜|下垂)",
            "(?:说话|言语|讲话|吐字|口齿)(?:突然|有点|有些)*(?:不清|含糊|困难|不利索)",
            "说不出话",
            f"{SIDE}(?:的)?{LIMB}?(?:突然|有点|有些|发)*{LAME}",
            "偏瘫",
            "(?:突然|一下子)(?:看不见|看不清|失明)",
            "stroke",
            "slurred speech",
            "face (?:is )?droop",
        ),
    ),
    Flag(
        BREATH,
        (
            "呼吸(?:很|非常|特别|突然|有点|有些)*(?:困难|费力|急促|不了|不过来)",
            "(?:喘|透|上)不(?:过|上|来)(?:来)?气",
            "(?:气|呼吸)(?:都)?(?:喘|上)不(?:过来|上来)",
            "憋(?:得)?(?:慌|死|醒|不过气)",
            "窒息",
            "嘴唇?(?:发)?(?:紫|青)",
            "口唇(?:发)?(?:紫|绀|青)",
            "can'?t breathe",
            "short(?:ness)? of breath",
        ),
    ),
    Flag(
        BLEEDING,
        (
            "大出血",
            "(?:吐|呕|咳|咯)(?:了|出|出了|大量|很多|好多)*(?:鲜)?血",
            "血(?:流|止)不(?:止|住)",
            "(?:止|流)不住(?:的)?血",
            "(?:大量|很多|好多)(?:便血|出血|流血)",
            "(?:便|拉|尿)(?:了)?(?:大量|很多|好多)(?:的)?(?:鲜)?血",
            "(?:拉|解|大便)(?:的)?(?:是)?(?:柏油|黑)(?:样)?(?:便|色便)",
            "黑便",
            "vomiting blood",
            "bleeding (?:heavily|won'?t stop)",
        ),
    ),
    Flag(
        FAINT,
        (
            "(?:晕|昏)(?:倒|厥|过去|死)",
            "昏迷",
            "(?:失去|没了|丧失)(?:了)?(?:意识|知觉)",
            "(?:意识|神志)(?:有点|有些)?(?:不清|模糊|丧失)",
            "不省人事",
            "叫不醒",
            "faint(?:ed|ing)",
            "passed out",
            "unconscious",
        ),
    ),
    Flag(
        SUICIDE,
        (
            "不(?:太|大|怎么|再)?想(?:再)?活",
            "想死",
            "去死",
            "寻死",
            "自杀",
            "轻生",
            "自残",
            "割腕",
            "跳楼",
            "遗书",
            "活着(?:真|也|就|都)*(?:没|没有|毫无)(?:什么)?(?:意思|意义)",
            "活(?:不下去|够了)",
            "(?:结束|了结|了断)(?:我|自己)?(?:的)?(?:生命|一切|自己)",
            "suicid",
            "kill myself",
            "want to die",
            "end my life",
        ),
    ),
    Flag(
        FIT,
        ("抽搐", "惊厥", "癫痫(?:大)?发作", "(?:全身|手脚)抽(?:筋|动)不止", "seizure"),
        ("G40",),
    ),
    Flag(
        SHOCK,
        (
            "过敏性?休克",
            "(?:喉咙|喉头|喉)(?:水肿|肿得|发紧|堵住)",
            "(?:嘴唇|舌头|脸|眼皮)(?:突然|一下子)?肿(?:起来|得)",
            "anaphyla",
        ),
        ("L",),
    ),
    Flag(
        POISON,
        (
            "(?:喝|误服|吞|吃)(?:了)?(?:农药|百草枯|敌敌畏|老鼠药|消毒液|洁厕)",
            "服药过量",
            "煤气中毒",
            "overdose",
        ),
        asked=False,
    ),
    Flag(
        HEAD,
        (
            "(?:剧烈|爆炸样|炸裂样|撕裂样|从没有过的)(?:的)?头(?:疼|痛)",
            "头(?:疼|痛)(?:欲裂|得要炸)",
            "worst headache",
        ),
        asked=False,
    ),
    Flag(
        BIRTH,
        ("(?:孕|怀孕)[^，。；]{0,8}(?:出血|见红|破水)", "羊水破", "胎动(?:消失|没有了|明显减少)"),
        ("O",),
    ),
    Flag("pressure", (), ("I10", "I11", "I12", "I13", "I15")),
    Flag("sugar_high", (), ("E10", "E11", "E13", "E14")),
    Flag("sugar_low", (), ("E10", "E11", "E13", "E14")),
    Flag("heart", (), ("I20", "I25", "I48", "I50")),
    Flag("asthma", (), ("J44", "J45")),
    Flag("belly", (), ("K",)),
)
PATTERNS = {
    flag.code: re.compile("|".join(flag.words), re.IGNORECASE) for flag in FLAGS if flag.words
}

# A sentence is read clause by clause; an enumeration with 、 stays one clause.
CLAUSES = re.compile(
    r"[，,。；;！!？?\n\r]|(?<!不)但是?|(?<![喘透上憋])不过(?![气来])|然而|可是| but "
)
JOIN = r"(?:、|/|和|或者?|及|以及|与|跟|也?没有?|也?无| or | and |, ?)"
# What else people deny in one breath with a sign; only such a list carries a denial on.
BENIGN = (
    "发热|发烧|咳嗽|咳痰|头晕|头昏|头痛|头疼|胸闷|心慌|心悸|气短|气喘|恶心|呕吐|腹痛|肚子痛|肚子疼|腹泻"
    "|乏力|水肿|浮肿|脚肿|手麻|麻木|出血|皮疹|瘙痒|视物模糊|多饮|多尿|fever|cough|nausea|dizziness"
)
SIGN = "|".join(pattern.pattern for pattern in PATTERNS.values())
SYMPTOM = rf"(?:{SIGN}|{BENIGN})"
NOT = (
    r"(?<!是)(?<!并非)(?<!不能说)(?<!不可能)"
    r"(?:没有|没再|从没|从未|并没有|并无|未见|未|没|无|否认|不伴有?|不再|(?<!会)不会|不是|不|"
    r"\bno\b|\bnot\b|\bwithout\b|\bden(?:y|ies)\b|don'?t have|didn'?t have)"
)
ALSO = r"(?:\s|有|过|出现|发生|感到|感觉|觉得|明显|任何|什么|再|伴|伴有|突然|的|any|to)*"
# Whatever is said of a symptom beyond its name says that it is there: 没有发烧胸痛得厉害.
BARE = "(?!得|的?(?:很|厉害|严重|难受)|加重|持续|明显)"
DENIED = re.compile(rf"{NOT}{ALSO}{SYMPTOM}(?:(?:{JOIN}+{ALSO})?{SYMPTOM}{BARE})*", re.IGNORECASE)
ANSWERED_NO = re.compile(
    rf"{SYMPTOM}\s*[:：]?\s*(?:无|没有|否|\(-\)|（-）|（—）)\s*$", re.IGNORECASE
)
# "How would I notice it?" tells of nothing; of suicide even the question counts.
SUPPOSED = re.compile(
    r"(?:如果|假如|要是|万一|倘若|会不会|会引起|会导致|有可能|预防|怎么避免|\bif\b|could it).*",
    re.IGNORECASE,
)


def asked_for(code: str) -> tuple[str, ...]:
    """Return the signs to ask about before a visit for this disease, the general ones first."""
    asked = (flag for flag in FLAGS if flag.asked)
    return tuple(flag.code for flag in asked if _is_of(code, flag.families))


def hits(intake: Intake) -> tuple[str, ...]:
    """Return the signs found in an intake, by answers and by words."""
    found = {*_answered(intake.answers), *(hit for text in intake.texts for hit in in_text(text))}
    return tuple(flag.code for flag in FLAGS if flag.code in found)


def in_text(text: str) -> tuple[str, ...]:
    """Return the signs a text tells of; what it denies or only supposes is none."""
    found = {hit for clause in CLAUSES.split(text) for hit in _in_clause(clause)}
    return tuple(flag.code for flag in FLAGS if flag.code in found)


def is_suicidal(flags: Iterable[str]) -> bool:
    return not SUICIDAL.isdisjoint(flags)


def _answered(answers: Iterable[Answered]) -> Iterator[str]:
    yield from (answer.question for answer in answers if answer.yes)


def _in_clause(clause: str) -> Iterator[str]:
    left = ANSWERED_NO.sub("", DENIED.sub("", clause))
    told = SUPPOSED.sub("", left)
    for code, pattern in PATTERNS.items():
        if pattern.search(left if code == SUICIDE else told):
            yield code


def _is_of(code: str, families: tuple[str, ...]) -> bool:
    return not families or any(code.startswith(family) for family in families)
