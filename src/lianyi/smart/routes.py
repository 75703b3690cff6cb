"""Every address of the authorization server, and what stands before all pages for it."""

from starlette.middleware import Middleware

from lianyi.smart import authorizing, bearer, discovery, registering, tokens

ROUTES = (*discovery.ROUTES, *authorizing.ROUTES, *registering.ROUTES, *tokens.ROUTES)
READERS = (Middleware(bearer.Origins), Middleware(bearer.Bearers))
