"""Supervision (监管): what is reported to the province, and whether the province has it.

Owns uploads (上报) of licences, practitioners, closed visits, prescriptions, reviews and
dispensings, their receipts (回执) and refusals, and the daily comparison of counts (对数); the list
of every closed visit (就诊轨迹), chained and sealed; and the cases (案件) that open a name.

    due -> DUE -> send -> SENT -> receive -> RECEIPTED -> renew (changed since, asked for) -> DUE
                               -> refuse  -> REFUSED   -> mend                            -> DUE

An upload holds no content: that is built from the facts at the moment it is sent, under a
pseudonym. What was sent and never answered is asked about before it is sent again. Late is what
has no receipt in time, whatever its state. Nothing else is taken before the institution's own
licence, so the rest waits for that receipt.

    ask -> ASKED -> approve (by another) -> APPROVED -> close -> CLOSED
                 -> reject  (by another) -> REJECTED

A list grows, is never changed, and names staff only. A case opens a name to the two of it for some
days, and the person sees every look.
"""
