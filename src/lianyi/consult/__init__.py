"""Online visits (在线复诊) and health counselling (健康咨询): from asking to the signed end.

Owns what a doctor offers online (服务), when they are online (在线时段), visits (问诊) with their
proof of an earlier diagnosis (复诊凭证), intake (预问诊) and messages (消息), the agreed risk
notice (知情同意), and ratings (评价). Whether an online visit may be is decided before money: first
visits, changed conditions, controlled drugs and small children without a guardian are refused.

    ask (a paper) -> ASKED -> admit -> UNPAID -> pay -> WAITING -> take -> WITH_DOCTOR
                           -> refuse -> REFUSED
    apply (the own record) ----------> UNPAID -> lapse -> LAPSED

    end: WITH_DOCTOR -> ENDED, with the signed record
    turn_offline: WAITING, WITH_DOCTOR -> OFFLINE (转线下)
    expire: nobody answered in the promised time -> UNANSWERED
    stop: a red flag, at the intake or in any message -> STOPPED
    withdraw: before the doctor has begun -> WITHDRAWN

Money is kept only by a visit that ends in ENDED. Health counselling knows no diagnosis, no
prescription and no record (CON-26).
"""
