"""When this happens, that follows. The whole causality of the platform is on this screen."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lianyi.access import events as access
from lianyi.billing import events as billing
from lianyi.booking import events as booking
from lianyi.consult import events as consult
from lianyi.insurance import events as insurance
from lianyi.journeys import (
    agency,
    book,
    card,
    directory,
    family,
    follow_up,
    laboratory,
    pay,
    prescribe,
    report,
    review,
    sealed,
    settle,
    sharing,
    sign,
    sign_in,
    visit,
)
from lianyi.kernel.errand import Errand
from lianyi.kernel.seal import Log
from lianyi.orders import events as orders
from lianyi.people import events as people
from lianyi.pharmacy import events as pharmacy
from lianyi.prescribing import events as prescribing
from lianyi.records import events as records
from lianyi.signatures import events as signatures
from lianyi.supervision import events as supervision

Follower = Callable[..., Awaitable[None]]
Topics = Callable[[Any], tuple[str, ...]]


@dataclass(frozen=True)
class Wiring:
    """Who follows an event, which open pages hear of it, the errands, and what is sealed."""

    followers: Mapping[type[Any], tuple[Follower, ...]] = field(default_factory=dict)
    pages: Mapping[type[Any], Topics] = field(default_factory=dict)
    errands: tuple[Errand[Any, Any], ...] = ()
    logs: tuple[Log, ...] = ()

    @cached_property
    def kinds(self) -> Mapping[str, type[Any]]:
        return {kind.name: kind for kind in self.followers}

    def topics(self, event: object) -> tuple[str, ...]:
        listen = self.pages.get(type(event))
        return listen(event) if listen else ()


def _session(event: booking.SessionEvent | booking.NumberHeld) -> tuple[str, ...]:
    return (f"session/{event.session_id}",)


def _appointment(event: booking.AppointmentEvent) -> tuple[str, ...]:
    return f"session/{event.session_id}", f"person/{event.person_id}"


def _money(
    event: billing.BillEvent
    | billing.PaymentEvent
    | billing.RefundEvent
    | insurance.ClaimEvent
    | insurance.Settled,
) -> tuple[str, ...]:
    return f"person/{event.person_id}", f"bill/{event.bill_id}"


def _order(event: orders.OrderEvent) -> tuple[str, ...]:
    return f"person/{event.person_id}", f"institution/{event.institution_id}/bench"


def _sale(event: pharmacy.SaleEvent) -> tuple[str, ...]:
    return f"person/{event.person_id}", f"institution/{event.institution_id}/counter"


def _prescription(event: prescribing.PrescriptionEvent) -> tuple[str, ...]:
    """Tell the person, and the doctors and pharmacists of the place."""
    return f"person/{event.person_id}", f"institution/{event.institution_id}/prescriptions"


def _key(event: signatures.KeyEvent) -> tuple[str, ...]:
    return (f"post/{event.post_id}",)


def _signature(event: signatures.SignatureEvent) -> tuple[str, ...]:
    return f"post/{event.post_id}", f"{event.subject_type}/{event.subject_id}"


def _reports(event: supervision.UploadEvent | supervision.TallyTaken) -> tuple[str, ...]:
    return "supervision", f"institution/{event.institution_id}/reports"


def _consult(event: consult.VisitEvent) -> tuple[str, ...]:
    """Tell the room, the person's pages and the doctor's queue."""
    return (
        f"consult/{event.visit_id}",
        f"person/{event.person_id}",
        f"institution/{event.institution_id}/online",
    )


def _message(event: consult.MessageSent) -> tuple[str, ...]:
    return f"consult/{event.visit_id}", f"institution/{event.institution_id}/online"


def _card(event: people.CardActivated) -> tuple[str, ...]:
    """Tell the applicant's page and the person's: until now nobody knew that they are the same."""
    applicant = (f"person/{event.applicant_id}",) if event.applicant_id else ()
    return (f"person/{event.person_id}", *applicant)


WIRING = Wiring(
    followers={
        billing.BillOpened: (),
        billing.BillPaid: (book.confirm_paid, settle.on_paid),
        billing.BillVoided: (settle.on_over,),
        billing.BillDue: (pay.lapse,),
        billing.BillLapsed: (settle.on_over, follow_up.lapse),
        billing.BillRefunded: (),
        billing.PaymentOrdered: (),
        billing.PaymentDue: (pay.expire,),
        billing.PaymentEnded: (),
        billing.RefundPlanned: (),
        billing.RefundDone: (),
        billing.RefundFailed: (),
        billing.BooksDue: (pay.open_books, settle.open_books),
        billing.DifferencesFound: (),
        insurance.CoverChanged: (),
        insurance.ClaimMoved: (),
        insurance.ClaimRefused: (),
        insurance.SettlementDoubtful: (settle.doubt,),
        insurance.SettlementOverdue: (settle.give_up,),
        insurance.SettlementFailed: (visit.charge_again, follow_up.charge_again),
        insurance.Reversed: (),
        insurance.ReversalRefused: (),
        insurance.Settled: (visit.clear_paid, follow_up.start_paid),
        insurance.DifferencesFound: (),
        access.ConsentAsked: (),
        access.ConsentGiven: (),
        access.ConsentRefused: (),
        access.ConsentWithdrawn: (),
        access.GlassBroken: (sharing.tell_opened,),
        access.GlassReviewDue: (),
        access.GlassReviewed: (),
        consult.VisitAsked: (),
        consult.VisitAdmitted: (),
        consult.VisitRefused: (),
        consult.VisitPaid: (),
        consult.VisitLapsed: (),
        consult.VisitTaken: (),
        consult.VisitDecided: (),
        consult.MessageSent: (),
        consult.VisitEnded: (),
        consult.TurnedOffline: (),
        consult.AnswerDue: (follow_up.expire,),
        consult.VisitUnanswered: (),
        consult.VisitStopped: (),
        consult.VisitWithdrawn: (),
        consult.VisitRated: (),
        orders.OrderPlaced: (),
        orders.OrderCleared: (),
        orders.OrderMoved: (),
        orders.SpecimenRejected: (),
        orders.CriticalFound: (),
        orders.CriticalDue: (laboratory.escalate,),
        orders.CriticalEscalated: (),
        orders.ResultsVerified: (),
        orders.ResultsReleased: (),
        orders.OrderCancelled: (),
        prescribing.PrescriptionDrafted: (),
        prescribing.SignatureAsked: (),
        prescribing.SignatureRefused: (),
        prescribing.PrescriptionSigned: (),
        prescribing.ReviewClaimed: (),
        prescribing.ApprovalAsked: (),
        prescribing.ApprovalRefused: (),
        prescribing.PrescriptionApproved: (review.tell_approved,),
        prescribing.PrescriptionReturned: (),
        prescribing.PrescriptionRevoked: (),
        prescribing.PrescriptionAccepted: (),
        prescribing.PrescriptionLetGo: (),
        prescribing.PrescriptionPartlyDispensed: (),
        prescribing.PrescriptionDispensed: (),
        prescribing.ValidityOver: (prescribe.lapse,),
        prescribing.PrescriptionLapsed: (),
        signatures.CertificateAsked: (),
        signatures.CertificateIssued: (),
        signatures.CertificateRefused: (),
        signatures.CertificateEnded: (),
        signatures.IssueDue: (sign.give_up_certificate,),
        signatures.ExpiryDue: (sign.expire,),
        signatures.KeyOpened: (),
        signatures.UnlockingRefused: (),
        signatures.UnlockingDue: (sign.give_up_unlocking,),
        signatures.ClosingDue: (sign.close,),
        signatures.KeyShut: (),
        signatures.SigningDue: (sign.give_up_signing,),
        pharmacy.SaleAsked: (),
        pharmacy.SaleMoved: (),
        pharmacy.SaleReady: (),
        pharmacy.SaleSent: (),
        pharmacy.SaleHandedOver: (),
        pharmacy.SaleEnded: (),
        pharmacy.SaleReturned: (),
        pharmacy.SaleDue: (),
        pharmacy.BatchMoved: (),
        signatures.Signed: (prescribe.take_signed, review.take_signed),
        signatures.SigningRefused: (prescribe.take_back, review.take_back),
        people.PersonRegistered: (directory.publish_person,),
        people.InstitutionRegistered: (directory.publish_institution, report.institution),
        people.DepartmentRegistered: (directory.publish_department, report.institution),
        people.Appointed: (directory.publish_post, report.post),
        people.PostEnded: (directory.publish_post, book.look_again, sign.end_post, report.post),
        people.LicenceRecorded: (book.look_again, report.practice),
        people.PracticeFiled: (report.practice,),
        people.TrainingRecorded: (),
        people.DutyChanged: (),
        people.PersonDied: (directory.publish_person,),
        people.CardApplied: (),
        people.CardChecked: (),
        people.CardLapsed: (),
        people.CardClaimed: (),
        people.CardActivated: (),
        people.CardFrozen: (),
        people.CardThawed: (),
        people.CardReplaced: (),
        people.CardClosed: (),
        people.ChildClaimed: (),
        people.ProxyInvited: (),
        people.KinLive: (),
        people.KinRefused: (),
        people.KinReviewDue: (),
        people.KinComesOfAge: (family.come_of_age,),
        people.KinEnded: (),
        records.NoteWritten: (report.visit,),
        supervision.UploadDue: (),
        supervision.UploadSent: (),
        supervision.UploadReceipted: (),
        supervision.UploadRefused: (),
        supervision.TallyDue: (report.compare,),
        supervision.TallyTaken: (),
        booking.SessionPublished: (book.publish_schedule,),
        booking.SessionReleased: (book.release,),
        booking.SessionStopped: (book.publish_schedule,),
        booking.SessionOver: (book.end_session,),
        booking.NumberFreed: (book.offer_freed,),
        booking.NumberHeld: (),
        booking.HoldDue: (book.end_hold,),
        booking.NumberOffered: (),
        booking.AppointmentConfirmed: (),
        booking.AppointmentLapsed: (),
        booking.AppointmentCancelled: (),
        booking.AppointmentMoved: (),
        booking.AppointmentStopped: (book.tell,),
        booking.CheckedIn: (),
        booking.Called: (),
        booking.Missed: (),
        booking.VisitStarted: (),
        booking.VisitFinished: (),
        booking.DidNotCome: (),
    },
    pages={
        billing.BillOpened: _money,
        billing.BillPaid: _money,
        billing.BillVoided: _money,
        billing.BillLapsed: _money,
        billing.BillRefunded: _money,
        billing.PaymentOrdered: _money,
        billing.PaymentEnded: _money,
        billing.RefundPlanned: _money,
        billing.RefundDone: _money,
        billing.RefundFailed: _money,
        insurance.CoverChanged: lambda event: (f"person/{event.person_id}",),
        insurance.ClaimMoved: _money,
        insurance.ClaimRefused: _money,
        insurance.SettlementFailed: _money,
        insurance.Reversed: _money,
        insurance.ReversalRefused: _money,
        insurance.Settled: _money,
        booking.SessionReleased: _session,
        booking.SessionStopped: _session,
        booking.NumberFreed: _session,
        booking.NumberHeld: _session,
        booking.NumberOffered: _appointment,
        booking.AppointmentConfirmed: _appointment,
        booking.AppointmentLapsed: _appointment,
        booking.AppointmentCancelled: _appointment,
        booking.AppointmentMoved: _appointment,
        booking.AppointmentStopped: _appointment,
        booking.CheckedIn: _appointment,
        booking.Called: _appointment,
        booking.Missed: _appointment,
        booking.VisitStarted: _appointment,
        booking.VisitFinished: _appointment,
        booking.DidNotCome: _appointment,
        access.ConsentAsked: lambda event: (f"person/{event.person_id}",),
        access.ConsentGiven: lambda event: (f"person/{event.person_id}",),
        access.ConsentRefused: lambda event: (f"person/{event.person_id}",),
        access.ConsentWithdrawn: lambda event: (f"person/{event.person_id}",),
        access.GlassBroken: lambda event: (f"person/{event.person_id}",),
        consult.VisitAsked: _consult,
        consult.VisitAdmitted: _consult,
        consult.VisitRefused: _consult,
        consult.VisitPaid: _consult,
        consult.VisitLapsed: _consult,
        consult.VisitTaken: _consult,
        consult.VisitDecided: _consult,
        consult.VisitEnded: _consult,
        consult.TurnedOffline: _consult,
        consult.VisitUnanswered: _consult,
        consult.VisitStopped: _consult,
        consult.VisitWithdrawn: _consult,
        consult.VisitRated: _consult,
        consult.MessageSent: _message,
        orders.OrderPlaced: _order,
        orders.OrderCleared: _order,
        orders.OrderMoved: _order,
        orders.SpecimenRejected: _order,
        orders.CriticalFound: _order,
        orders.CriticalEscalated: _order,
        orders.ResultsVerified: _order,
        orders.ResultsReleased: _order,
        orders.OrderCancelled: _order,
        prescribing.PrescriptionDrafted: _prescription,
        prescribing.SignatureAsked: _prescription,
        prescribing.SignatureRefused: _prescription,
        prescribing.PrescriptionSigned: _prescription,
        prescribing.ReviewClaimed: _prescription,
        prescribing.ApprovalAsked: _prescription,
        prescribing.ApprovalRefused: _prescription,
        prescribing.PrescriptionApproved: _prescription,
        prescribing.PrescriptionReturned: _prescription,
        prescribing.PrescriptionRevoked: _prescription,
        prescribing.PrescriptionAccepted: _prescription,
        prescribing.PrescriptionLetGo: _prescription,
        prescribing.PrescriptionPartlyDispensed: _prescription,
        prescribing.PrescriptionDispensed: _prescription,
        prescribing.PrescriptionLapsed: _prescription,
        pharmacy.SaleAsked: _sale,
        pharmacy.SaleMoved: _sale,
        pharmacy.SaleReady: _sale,
        pharmacy.SaleSent: _sale,
        pharmacy.SaleHandedOver: _sale,
        pharmacy.SaleEnded: _sale,
        pharmacy.SaleReturned: _sale,
        pharmacy.BatchMoved: lambda event: (f"institution/{event.institution_id}/counter",),
        people.DutyChanged: lambda event: (f"institution/{event.institution_id}/duty",),
        signatures.CertificateIssued: _key,
        signatures.CertificateRefused: _key,
        signatures.CertificateEnded: _key,
        signatures.KeyOpened: _key,
        signatures.UnlockingRefused: _key,
        signatures.KeyShut: _key,
        signatures.Signed: _signature,
        signatures.SigningRefused: _signature,
        supervision.UploadDue: _reports,
        supervision.UploadSent: _reports,
        supervision.UploadReceipted: _reports,
        supervision.UploadRefused: _reports,
        supervision.TallyTaken: _reports,
        people.CardChecked: lambda event: (f"person/{event.applicant_id}",),
        people.CardLapsed: lambda event: (f"person/{event.applicant_id}",),
        people.CardActivated: _card,
        people.CardThawed: lambda event: (f"person/{event.person_id}",),
        people.CardReplaced: lambda event: (f"person/{event.person_id}",),
        people.CardClaimed: lambda event: (f"person/{event.person_id}",),
        people.CardFrozen: lambda event: (f"person/{event.person_id}",),
        people.ProxyInvited: lambda event: (f"person/{event.subject_id}",),
        people.KinLive: lambda event: (f"person/{event.person_id}",),
        people.KinEnded: lambda event: (f"person/{event.person_id}",),
    },
    errands=(
        book.TELL,
        sign_in.SEND_CODE,
        card.CHECK_IDENTITY,
        card.TELL_HOLDER,
        sharing.TELL_OPENED,
        *pay.ERRANDS,
        *report.ERRANDS,
        *sign.ERRANDS,
        *agency.ERRANDS,
        review.TELL_APPROVED,
    ),
    logs=sealed.LOGS,
)
