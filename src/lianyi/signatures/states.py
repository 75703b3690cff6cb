"""Every move of a certificate, an unlocking and a signature, and who may make it."""

from lianyi.access.model import ADMIN, DISPENSER, DOCTOR, NURSE, PHARMACIST, TECHNICIAN
from lianyi.kernel.actor import SYSTEM
from lianyi.kernel.lifecycle import Lifecycle, Move
from lianyi.signatures.model import CertificateState as C
from lianyi.signatures.model import SignatureState as S
from lianyi.signatures.model import UnlockingState as U

SIGNERS = frozenset({DOCTOR, NURSE, PHARMACIST, DISPENSER, TECHNICIAN})
_SYSTEM = frozenset({SYSTEM})

CERTIFICATE = Lifecycle(
    table="signatures.certificate",
    moves=(
        Move("ask", None, C.ASKED, SIGNERS | _SYSTEM),
        Move("issue", C.ASKED, C.ISSUED, _SYSTEM),
        Move("refuse", C.ASKED, C.REFUSED, _SYSTEM),
        Move("revoke", C.ISSUED, C.REVOKED, SIGNERS | _SYSTEM | {ADMIN}),
        Move("expire", C.ISSUED, C.EXPIRED, _SYSTEM),
    ),
)

UNLOCKING = Lifecycle(
    table="signatures.unlocking",
    moves=(
        Move("ask", None, U.ASKED, SIGNERS),
        Move("open", U.ASKED, U.OPEN, _SYSTEM),
        Move("refuse", U.ASKED, U.REFUSED, SIGNERS | _SYSTEM | {ADMIN}),
        Move("close", U.OPEN, U.CLOSED, SIGNERS | _SYSTEM | {ADMIN}),
    ),
)

SIGNATURE = Lifecycle(
    table="signatures.signature",
    moves=(
        Move("ask", None, S.ASKED, SIGNERS),
        Move("miss", None, S.REFUSED, SIGNERS),
        Move("sign", S.ASKED, S.SIGNED, _SYSTEM),
        Move("refuse", S.ASKED, S.REFUSED, _SYSTEM),
    ),
)
