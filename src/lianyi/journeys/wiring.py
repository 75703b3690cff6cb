"""When this happens, that follows. The whole causality of the platform is on this screen."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lianyi.access import events as access
from lianyi.accounts import events as accounts
from lianyi.billing import events as billing
from lianyi.booking import events as booking
from lianyi.consult import events as consult
from lianyi.insurance import events as insurance
from lianyi.journeys import (
    agency,
    app_keys,
    app_tokens,
    book,
    bulk_export,
    card,
    directory,
    family,
    fhir_notices,
    fill,
    follow_up,
    laboratory,
    money_record,
    pay,
    prescribe,
    queue,
    report,
    review,
    routines,
    sealed,
    settle,
    sign,
    sign_in,
    telling,
    topics,
    traces,
    trail,
    uploaded,
    visit,
)
from lianyi.kernel.errand import Errand
from lianyi.kernel.seal import Log
from lianyi.kernel.work import Tx
from lianyi.orders import events as orders
from lianyi.people import events as people
from lianyi.pharmacy import events as pharmacy
from lianyi.prescribing import events as prescribing
from lianyi.records import events as records
from lianyi.signatures import events as signatures
from lianyi.supervision import events as supervision

Follower = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class AtOnce:
    """A follower that is handed all events of a batch together, which order doesn't matter to."""

    verb: Callable[[Tx, Sequence[Any]], Awaitable[None]]


PUBLISH = AtOnce(queue.publish)
AWAITED: tuple[Errand[Any, Any], ...] = (sign_in.SEND_CODE, card.CHECK_IDENTITY, *pay.ERRANDS)


@dataclass(frozen=True)
class Wiring:
    """Who follows an event, which open pages hear of it, the errands, what is sealed or forgotten.

    `hooks` are errands to companies' apps, run apart: a slow one must not hold up a payment.
    `awaited` are those that somebody waits for before a page: no heap of others comes before them.
    """

    followers: Mapping[type[Any], tuple[Follower | AtOnce, ...]] = field(default_factory=dict)
    pages: Mapping[type[Any], topics.Topics] = field(default_factory=dict)
    errands: tuple[Errand[Any, Any], ...] = ()
    hooks: tuple[Errand[Any, Any], ...] = ()
    awaited: tuple[Errand[Any, Any], ...] = ()
    logs: tuple[Log, ...] = ()
    forgetting: tuple[Callable[[Tx], Awaitable[int]], ...] = ()

    @cached_property
    def unhurried(self) -> tuple[Errand[Any, Any], ...]:
        return tuple(one for one in self.errands if one not in self.awaited)

    @cached_property
    def kinds(self) -> Mapping[str, type[Any]]:
        return {kind.name: kind for kind in self.followers}

    def topics(self, event: object) -> tuple[str, ...]:
        listen = self.pages.get(type(event))
        return listen(event) if listen else ()


WIRING = Wiring(
    followers={
        billing.BillOpened: (money_record.invoice,),
        billing.BillPaid: (
            book.confirm_paid,
            settle.on_paid,
            money_record.invoice,
            money_record.payment,
        ),
        billing.BillVoided: (settle.on_over, money_record.invoice),
        billing.BillDue: (pay.lapse,),
        billing.BillLapsed: (settle.on_over, follow_up.lapse, money_record.invoice),
        billing.BillRefunded: (money_record.invoice,),
        billing.PaymentOrdered: (),
        billing.PaymentDue: (pay.expire,),
        billing.PaymentEnded: (),
        billing.RefundPlanned: (),
        billing.RefundDone: (),
        billing.RefundFailed: (),
        billing.BooksDue: (pay.open_books, settle.open_books),
        billing.DifferencesFound: (),
        insurance.CoverChanged: (money_record.coverage,),
        insurance.ClaimMoved: (money_record.claim,),
        insurance.ClaimRefused: (money_record.claim,),
        insurance.SettlementDoubtful: (settle.doubt,),
        insurance.SettlementOverdue: (settle.give_up,),
        insurance.SettlementFailed: (
            visit.charge_again,
            follow_up.charge_again,
            fill.charge_again,
            money_record.claim,
        ),
        insurance.Reversed: (traces.on_reversed, money_record.claim),
        insurance.ReversalRefused: (money_record.claim,),
        insurance.Settled: (
            visit.clear_paid,
            follow_up.start_paid,
            fill.clear_paid,
            money_record.claim,
        ),
        insurance.DifferencesFound: (),
        accounts.KeysAsked: (),
        access.ConsentAsked: (),
        access.ConsentGiven: (),
        access.ConsentRefused: (),
        access.ConsentWithdrawn: (),
        access.GlassBroken: (telling.opened,),
        access.GlassReviewDue: (),
        access.GlassReviewed: (),
        access.ExportMoved: (),
        access.ExportDue: (bulk_export.expire,),
        consult.VisitAsked: (),
        consult.VisitAdmitted: (),
        consult.VisitRefused: (report.visit,),
        consult.VisitPaid: (),
        consult.VisitLapsed: (),
        consult.VisitTaken: (),
        consult.VisitDecided: (),
        consult.MessageSent: (),
        consult.VisitEnded: (report.counsel,),
        consult.TurnedOffline: (report.visit,),
        consult.AnswerDue: (follow_up.expire,),
        consult.VisitUnanswered: (report.visit,),
        consult.VisitStopped: (report.visit,),
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
        orders.ResultsReleased: (telling.released,),
        orders.OrderCancelled: (),
        prescribing.PrescriptionDrafted: (),
        prescribing.SignatureAsked: (),
        prescribing.SignatureRefused: (),
        prescribing.PrescriptionSigned: (report.prescription,),
        prescribing.ReviewClaimed: (),
        prescribing.ApprovalAsked: (),
        prescribing.ApprovalRefused: (),
        prescribing.PrescriptionApproved: (telling.approved, report.review),
        prescribing.PrescriptionReturned: (report.review,),
        prescribing.PrescriptionRevoked: (fill.end_with, report.prescription, telling.stopped),
        prescribing.PrescriptionHeld: (telling.stopped,),
        prescribing.PrescriptionResumed: (telling.resumed,),
        prescribing.PrescriptionAccepted: (),
        prescribing.PrescriptionLetGo: (),
        prescribing.PrescriptionPartlyDispensed: (),
        prescribing.PrescriptionDispensed: (),
        prescribing.ValidityOver: (prescribe.lapse,),
        prescribing.PrescriptionLapsed: (fill.end_with,),
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
        pharmacy.SaleReady: (telling.ready,),
        pharmacy.SaleSent: (),
        pharmacy.SaleHandedOver: (report.dispense, traces.on_handed_over),
        pharmacy.SaleEnded: (telling.unsold,),
        pharmacy.SaleReturned: (report.dispense,),
        pharmacy.SaleDue: (fill.lapse,),
        pharmacy.BatchMoved: (),
        signatures.Signed: (prescribe.take_signed, review.take_signed),
        signatures.SigningRefused: (prescribe.take_back, review.take_back),
        people.PersonRegistered: (directory.publish_person,),
        people.InstitutionRegistered: (directory.publish_institution, report.institution),
        people.DepartmentRegistered: (directory.publish_department, report.institution),
        people.Appointed: (directory.publish_post, report.post),
        people.PostEnded: (
            directory.publish_post,
            routines.end_post,
            book.look_again,
            sign.end_post,
            report.post,
        ),
        people.LicenceRecorded: (routines.take_up, book.look_again, report.practice),
        people.PracticeFiled: (routines.take_up, report.practice),
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
        records.ResultReleased: (telling.released,),
        records.SubscriptionDue: (fhir_notices.end,),
        supervision.UploadDue: (trail.follow,),
        supervision.UploadSent: (),
        supervision.UploadReceipted: (trail.follow,),
        supervision.UploadRefused: (trail.follow,),
        supervision.TallyDue: (report.compare,),
        supervision.TallyTaken: (),
        supervision.CaseMoved: (),
        booking.SessionPublished: (book.publish_schedule,),
        booking.SessionReleased: (book.release,),
        booking.SessionStopped: (book.publish_schedule,),
        booking.SessionOver: (book.end_session, book.publish_schedule),
        booking.RoutineDue: (routines.roll,),
        booking.NumberFreed: (book.offer_freed,),
        booking.NumberHeld: (),
        booking.HoldDue: (book.end_hold,),
        booking.NumberOffered: (),
        booking.AppointmentConfirmed: (PUBLISH,),
        booking.AppointmentLapsed: (),
        booking.AppointmentCancelled: (PUBLISH,),
        booking.AppointmentMoved: (PUBLISH,),
        booking.AppointmentStopped: (book.tell, PUBLISH),
        booking.CheckedIn: (),
        booking.Called: (),
        booking.Missed: (),
        booking.VisitStarted: (),
        booking.VisitFinished: (),
        booking.DidNotCome: (PUBLISH,),
    },
    pages=topics.PAGES,
    errands=(
        *AWAITED,
        book.TELL,
        card.TELL_HOLDER,
        *report.ERRANDS,
        *sign.ERRANDS,
        *agency.ERRANDS,
        uploaded.UPLOAD,
        *traces.ERRANDS,
        *telling.ERRANDS,
    ),
    hooks=(fhir_notices.NOTIFY, app_keys.FETCH),
    awaited=AWAITED,
    logs=sealed.LOGS,
    forgetting=(app_tokens.forget,),
)
