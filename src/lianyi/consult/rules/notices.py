"""The risk notice that is agreed to, and the written list of conditions that end a visit. Pure.

Both carry a version: a changed text is agreed to again (CON-17), and a visit that was turned
offline says by which list (CON-05).
"""

from lianyi.consult.model import Notice, Reason
from lianyi.kernel.crypto import sm3

VERSION = "2026-11"
TEXT = """
在线复诊只面向诊断明确的常见病、慢性病复诊患者，不能替代线下就诊。首诊、病情变化、需要体格检查或急危重症，
须到医院就诊。

医生通过文字和图片了解病情，不能查体，判断可能受到限制。请如实、完整地描述病情、用药和过敏史，
并提供真实的病历资料。

医生认为不适合在线诊疗时，会结束本次问诊并建议您到线下就诊，费用全额退回。

线上不开具麻醉药品、精神药品等特殊管理药品。六岁以下儿童须有监护人陪同，并由儿科医师接诊。

问诊记录作为病历资料依法保存，仅用于您的诊疗和依法监管；谁看过您的病历，您可以随时查询。

出现胸痛、呼吸困难、意识不清、大出血、肢体无力等情况，请立即拨打 120 或到最近的急诊科，
不要等待线上回复。
"""
PARAGRAPHS = tuple(part.replace("\n", "") for part in TEXT.strip().split("\n\n"))
NOTICE = Notice(VERSION, PARAGRAPHS, sm3("\n".join((VERSION, *PARAGRAPHS)).encode()))
LIST_VERSION = "2026-11"
CONDITIONS = tuple(Reason)
