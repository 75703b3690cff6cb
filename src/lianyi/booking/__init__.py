"""Sessions, numbers, appointments, waiting list and live queue (出诊、号源、预约、候补、候诊).

Owns when a doctor sits (出诊), which numbers (号) there are, who has which, and who is called next.
A number is one row, and the instant `free_from` alone says whether it can be taken: release, hold,
cancellation and stop (停诊) all move that instant and nothing else.

    session      publish -> SCHEDULED -> open -> OPEN -> end -> ENDED
                                      stop -> STOPPED
    appointment  hold -> HELD -> confirm -> CONFIRMED -> check_in -> CHECKED_IN -> call -> CALLED
                              lapse -> LAPSED                        start -> WITH_DOCTOR
                                                                     finish -> SEEN
                 called, not there: miss -> MISSED -> re_enter -> CHECKED_IN
                 back with results (回诊): SEEN -> come_back -> CHECKED_IN
                 cancel -> CANCELLED, stop -> STOPPED, mark_no_show -> NO_SHOW
    waiting      join -> WAITING -> offer -> OFFERED -> take -> TAKEN
                                    pass_over -> PASSED, leave -> LEFT, close -> CLOSED
"""
