"""An insurance agency (医保经办) with its own engine and books, in the national interface's shape.

POST /v1/messages       one message, signed both ways, see `links.agency`
POST /people            [{psn_no, number, name, scheme, …}]: who is insured, and how
POST /ended             [psn_no]: who has ended what they allowed in the agency's own app
POST /institutions      [{code, name, online}]: who may settle
POST /items             [{code, name, level, …}]: the catalogue
GET  /settlements       what is booked, newest first
"""

from lianyi.links.simulators.insurer.office import app

__all__ = ["app"]
