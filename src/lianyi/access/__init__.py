"""Who may see whose data, and who did (访问).

Owns care relations (诊疗关系), mandates (授权: whose affairs a resident may see to, one's own
included), consents to share (共享同意), break-glass (紧急调阅), institutions' approvals of apps
(应用审批), persons' permissions to them (应用授权), what leaves in bulk (批量导出) and
the access log (调阅记录).
Its two doors return capabilities made nowhere else: a `Chart` is one person's data for one
purpose, a `Desk` is all persons this hat may see.

    consent: ask  -> ASKED -> agree -> GIVEN -> withdraw -> WITHDRAWN
                           -> refuse -> REFUSED
             give -> GIVEN
    glass:   break -> BROKEN -> justify -> JUSTIFIED
                             -> object  -> OBJECTED
    approval: ask -> ASKED -> approve -> APPROVED -> withdraw -> WITHDRAWN
                           -> refuse -> REFUSED
    export:  ask -> ASKED -> approve -> AGREED -> approve -> RUNNING -> finish -> READY
             run -> RUNNING                                          -> fail   -> FAILED
             ASKED, AGREED -> refuse -> REFUSED; these and READY -> expire -> EXPIRED
             whatever is not over -> cancel -> CANCELLED
    permission: permit -> GIVEN -> withdraw -> WITHDRAWN; either -> replace -> REPLACED
"""
