"""Laboratory orders (检验医嘱): what is ordered, its specimen, its results, and who let them out.

Owns an institution's list of what can be ordered (检验项目), orders (医嘱), specimens (标本) with
their barcodes (条码), results (结果) as they were measured, and the calls about critical values
(危急值报告).

    order -> ORDERED -> clear (paid) --> CLEARED -> label -> LABELLED -> take -> TAKEN
                     -> defer (急诊) -/                ^                          | receive
                                        REJECTED -----/   <------ reject -------+-+
                                                                                  v
    RELEASED <- release <- VERIFIED <---------- verify <- MEASURED <- measure <- RECEIVED
                              ^                           | alert     send_back -> RECEIVED
                              +- answer <- CRITICAL <-----+
                              +- answer <- ESCALATED <- escalate (in time nobody read it back)

    cancel: until the specimen is taken, and after it was rejected -> CANCELLED

Nobody verifies what they measured. A critical value is verified, called and read back before
anything else happens to it. Until a result is released only those who treat the person see it.
"""
