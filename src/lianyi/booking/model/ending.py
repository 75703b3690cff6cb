"""Why people give a number back, as they are asked on the page and through an app."""

from enum import StrEnum


class Reason(StrEnum):
    UNWELL_NO_MORE = "unwell_no_more"
    NO_TIME = "no_time"
    OTHER_DOCTOR = "other_doctor"
    OTHER = "other"
