"""OAuth 2.1, OpenID Connect and SMART App Launch over HTTP: how companies' apps come in (开放平台).

The pages on which people agree are in `web`; addresses join the two.
"""
