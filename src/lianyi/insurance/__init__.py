"""Health insurance (医保): who is covered, what is claimed, what the agency answers.

Owns somebody's cover (参保绑定), what an institution's items are in the national catalogue
(医保目录对照), claims (医保结算), who pays what of them (分担), and the daily comparison with the
agency (医保对账). What a bill is of says what it is claimed as; a health consultation never is
(CON-26). The agency's answer is what is booked; our own arithmetic is a preview, and where the two
differ somebody looks.

    cover: ask -> ASKED -> confirm -> BOUND -> unbind -> UNBOUND
                        -> refuse  -> REFUSED
    claim: open -> OPENED -> register -> REGISTERED -> send -> SENT -> foretell -> PRE_SETTLED
                          (a sale is foretold once the agency has its prescription)
           PRE_SETTLED -> pay -> SETTLING -> settle -> SETTLED -> take_back -> REVERSING
                                          -> fail  --> FAILED      ^- stand --    | reverse
                                          -> doubt --> UNKNOWN                    v
                                          -> correct -> UNDOING -> undo        REVERSED
                                 UNKNOWN -> settle, fail, correct, give_up -> UNDOING -> FAILED
           before anything is paid: refuse -> REFUSED (by the agency), drop -> DROPPED (the person
           pays alone, or the bill is over)

A person pays their part before the agency settles. Whatever then comes out other than foretold, or
doesn't come out at all, is undone at the agency first and given back to the person whole (INS-21).
"""
