"""Electronic signatures (电子签名): who may sign, with which certificate, and what was signed.

Owns the certificates (证书) of posts, the hours in which a key is open (解锁), requests for a
signature, and the proofs (签名值、时间戳) that came back. Keys stay with the certification
authority (CA 认证机构); of documents this room knows digest and id, never what they say.

    certificate   ask -> ASKED -> issue -> ISSUED -> revoke -> REVOKED
                              -> refuse -> REFUSED   -> expire -> EXPIRED
    unlocking     ask -> ASKED -> open -> OPEN -> close -> CLOSED
                              -> refuse -> REFUSED
    signature     ask -> ASKED -> sign -> SIGNED
                              -> refuse -> REFUSED        miss (key closed) -> REFUSED

What is asked is answered by the authority or, where it stays silent too long, refused by the clock;
an answer that comes after that changes nothing. A PIN is kept, sealed, only while it is asked
about; what opens a key, only while the key is open.
"""
