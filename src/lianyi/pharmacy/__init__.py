"""Pharmacies (药房): who sells medicines, what is on the shelf, and each sale to the hand-over.

Owns the sellers (医院药房, 药店, 网上药店), their stock by batch (批号) and pack (追溯码), and
sales (处方销售): one sale is one prescription at one seller. Knows nothing of money: a journey
bills it.

    hospital:  offer -> UNPAID -clear-> TO_PICK -check-> READY
    store:     ask -> ASKED -accept-> ACCEPTED -approve-> TO_PICK -bill-> BILLED -clear-> READY

    READY -hand_over-> HANDED_OVER -take_back-> RETURNED
      +-- send -> ON_THE_WAY -deliver-> HANDED_OVER
                   | ^    +- refuse -> REFUSED <- refuse, give_up -+
                   | +- send ---------- MISSED --------------------+
                   +--- miss -------------^

    until the medicines leave the pharmacy:  decline -> DECLINED (the seller cannot)
      withdraw -> WITHDRAWN (the person)     lapse -> LAPSED (its time is over)

A batch: receive -> IN_STOCK -quarantine-> QUARANTINED -release-> IN_STOCK; destroy -> DESTROYED.

A pack is on the shelf until it is scanned for a sale; one live sale per trace code in the whole
network. What was scanned and never left goes back to its place when the sale ends; what left the
pharmacy never does (DS-18).
"""
