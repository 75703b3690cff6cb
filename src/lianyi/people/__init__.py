"""Persons, health cards, families, institutions, posts, licences (人、卡、家属、机构、岗位、资质).

Owns who somebody is and how well that was proven (核验等级), who may act for whom, which
institutions and departments (科室) there are, who holds which post (岗位) there, and what each may
practise (执业). A person is never changed into another: merged persons stay, linked.

    card:   apply -> APPLIED -> activate, admit, agree -> ACTIVE -> freeze -> FROZEN -> thaw
                             -> lapse -> LAPSED        -> replace -> REPLACED
            issue -> ACTIVE                            -> close   -> CLOSED
    family: claim  -> CLAIMED -> confirm -> LIVE -> review -> LIVE -> end -> ENDED
            invite -> INVITED -> accept  -> LIVE
                              -> decline, reject -> REFUSED
"""
