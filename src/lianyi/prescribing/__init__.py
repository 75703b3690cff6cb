"""Prescriptions (处方) from the first draft to the last pack, or to their lapse.

Owns what was prescribed, every version of it (处方版本), what the safety check said and why the
doctor went on (用药理由), and who signed and reviewed it (审方). Knows nothing of stock, prices or
delivery.

    draft -> DRAFT -sign-> SIGNING -signed-> TO_REVIEW -approve-> APPROVED -accept-> ACCEPTED
               ^             | unsigned         | send_back          ^                  |
               +-------------+                  v                    +----- let_go -----+
                                RETURNED -sign-> SIGNING                                |
                                                           DISPENSED <---- dispense ----+
                                                    PARTLY_DISPENSED <------ part ------+

    revoke: by its doctor until a seller has accepted -> REVOKED
    stop: its visit did not end, until a seller has accepted -> REVOKED (CON-28, CON-04)
    hold: the same when a seller has; nothing leaves until its doctor decides: resume, or stop
    lapse: when its validity is over and nothing of it was dispensed -> LAPSED

What is changed is a further version; what is signed is one version as one text, kept to the letter
(RX-11). Nobody reviews their own (PH-08). Until it is signed and approved it is worth nothing
(RX-28).
"""
