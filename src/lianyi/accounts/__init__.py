"""How somebody proves to be somebody: phone codes, passwords, TOTP, sessions (账号、登录、会话).

An account is a way in, not a person: a phone whose code was typed back (residents), or a login with
password and one-time code (staff). A session is one browser signed in by one account; it wears one
hat at a time.
"""
