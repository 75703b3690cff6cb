"""Which open pages hear of an event: the names of what changed, never what it says."""

from collections.abc import Callable, Mapping
from typing import Any

from lianyi.access import events as access
from lianyi.accounts import events as accounts
from lianyi.billing import events as billing
from lianyi.booking import events as booking
from lianyi.consult import events as consult
from lianyi.insurance import events as insurance
from lianyi.journeys import app_keys
from lianyi.orders import events as orders
from lianyi.people import events as people
from lianyi.pharmacy import events as pharmacy
from lianyi.prescribing import events as prescribing
from lianyi.records import events as records
from lianyi.signatures import events as signatures
from lianyi.supervision import events as supervision

Topics = Callable[[Any], tuple[str, ...]]


def _glass(event: access.AccessEvent) -> tuple[str, ...]:
    return f"person/{event.person_id}", f"institution/{event.institution_id}/glasses"


def _export(event: access.ExportMoved) -> tuple[str, ...]:
    return (f"institution/{event.institution_id}/exports",)


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


def _held(event: prescribing.PrescriptionHeld | prescribing.PrescriptionResumed) -> tuple[str, ...]:
    """Tell the seller too: its counter keeps the medicines back, or no longer."""
    return *_prescription(event), f"institution/{event.seller_id}/counter"


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


PAGES: Mapping[type[Any], Topics] = {
    accounts.KeysAsked: lambda event: (app_keys.topic(event.client_id),),
    access.ExportMoved: _export,
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
    access.GlassBroken: _glass,
    access.GlassReviewDue: _glass,
    access.GlassReviewed: _glass,
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
    records.ResultReleased: lambda event: (f"person/{event.person_id}",),
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
    prescribing.PrescriptionHeld: _held,
    prescribing.PrescriptionResumed: _held,
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
    supervision.CaseMoved: lambda event: (f"institution/{event.institution_id}/cases",),
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
}
