"""Which codes of ICD-10 touch a sensitive class, in whatever edition.

Sources: ICD-10 (WHO, 2019 edition); where it says so, ICD-10-CM (US CDC/NCHS, 2025).
"""

from lianyi.access.model import Sensitive

S = Sensitive

# From and to (both in it), by ICD-10 category, or by subcategory where only a part is meant.
DIAGNOSES: tuple[tuple[Sensitive, str, str, str], ...] = (
    (S.INFECTION, "B20", "B24", "human immunodeficiency virus disease"),
    (S.INFECTION, "Z21", "Z21", "carries HIV without symptoms"),
    (S.INFECTION, "F02.4", "F02.4", "dementia in HIV disease"),
    (S.INFECTION, "O98.7", "O98.7", "HIV in pregnancy"),
    (S.INFECTION, "R75", "R75", "laboratory evidence of HIV"),
    (S.INFECTION, "Z11.3", "Z11.4", "screened for sexually transmitted disease or HIV"),
    (S.INFECTION, "Z20.2", "Z20.2", "exposed to sexually transmitted disease"),
    (S.INFECTION, "Z20.6", "Z20.6", "exposed to HIV"),
    (S.INFECTION, "Z71.7", "Z71.7", "HIV counselling"),
    (S.INFECTION, "A50", "A64", "infections chiefly transmitted sexually"),
    (S.INFECTION, "O98.1", "O98.3", "syphilis, gonorrhoea and the like in pregnancy"),
    (S.PSYCHIATRY, "F00", "F99", "mental and behavioural disorders, 精神卫生法 Art. 23"),
    (S.PSYCHIATRY, "X60", "X84", "intentional self-harm"),
    (S.PSYCHIATRY, "Z91.5", "Z91.5", "a history of self-harm"),
    (S.PSYCHIATRY, "T14.91", "T14.91", "suicide attempt (ICD-10-CM)"),
    (S.PSYCHIATRY, "Z13.3", "Z13.3", "screened for mental and behavioural disorders"),
    (S.PSYCHIATRY, "Z50.2", "Z50.4", "rehabilitation of alcohol and drug users, psychotherapy"),
    (S.PSYCHIATRY, "Z81", "Z81", "mental and behavioural disorders in the family"),
    (S.PSYCHIATRY, "Z86.4", "Z86.5", "a history of them"),
    (S.PSYCHIATRY, "R45", "R45", "emotional state, suicidal ideation among it"),
    (S.REPRODUCTION, "O00", "O08", "pregnancy with abortive outcome"),
    (S.REPRODUCTION, "N46", "N46", "male infertility"),
    (S.REPRODUCTION, "N96", "N97", "habitual abortion, female infertility"),
    (S.REPRODUCTION, "Z30", "Z32", "contraception, assisted procreation, pregnancy test"),
    (S.REPRODUCTION, "Z33.2", "Z33.2", "elective termination of pregnancy (ICD-10-CM)"),
    (S.REPRODUCTION, "Z64.0", "Z64.0", "unwanted pregnancy"),
    (S.GENETICS, "Q90", "Q99", "chromosomal abnormalities"),
    (S.GENETICS, "Z13.7", "Z13.7", "screened for chromosomal abnormalities and the like"),
    (S.GENETICS, "Z14", "Z15", "carries a gene, is susceptible by one (ICD-10-CM)"),
    (S.GENETICS, "Z84.81", "Z84.81", "a gene is carried in the family (ICD-10-CM)"),
    (S.GENETICS, "Z31.5", "Z31.5", "genetic counselling"),
    (S.VIOLENCE, "T74", "T74", "maltreatment syndromes"),
    (S.VIOLENCE, "T76", "T76", "suspected maltreatment (ICD-10-CM)"),
    (S.VIOLENCE, "X85", "Y09", "assault, neglect and maltreatment by others"),
    (S.VIOLENCE, "Z04.4", "Z04.5", "examined after alleged rape, or what others did"),
    (S.VIOLENCE, "Z61.4", "Z61.6", "abuse of a child"),
    (S.VIOLENCE, "Z62.81", "Z62.81", "abused as a child (ICD-10-CM)"),
    (S.VIOLENCE, "Z69", "Z69", "help for who was abused (ICD-10-CM)"),
    (S.VIOLENCE, "Z91.41", "Z91.41", "abused as an adult (ICD-10-CM)"),
    (S.VIOLENCE, "Z63.0", "Z63.0", "trouble with a partner, the usual code of domestic violence"),
)
