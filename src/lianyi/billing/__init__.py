"""Prices, bills, payments, refunds and the ledger (收费).

Owns what a person owes one payee (账单), how it was paid (支付), what went back (退款), the
seller's receipts (收据), the double-entry ledger (分录账) and the daily comparison with the
provider's statement (对账). Money goes straight to the payee's own sub-merchant; the platform
never holds any.

    bill:    open -> OPEN -> pay   -> PAID -> refund      -> REFUNDED
                          -> void  -> VOID -> refund_part -> PARTLY_REFUNDED -> refund -> REFUNDED
                          -> lapse -> LAPSED
    payment: plan -> PLANNED -> order -> ORDERED -> pay   -> PAID
                             -> fail  -> FAILED  -> close -> CLOSED
             take -> PAID (cash)
    refund:  plan -> PLANNED -> send -> SENT -> finish -> DONE
                                             -> fail   -> FAILED -> retry -> PLANNED

Money that the provider took is never argued with: a payment may become PAID from every state. If
its bill is not waiting for it any more, the whole of it goes back at once.
"""
