"""The sign-in page: every path, and who may call it."""

from broker.web.access import navigation, public
from broker.web.errors import JsonDialect
from broker.web.hosted import login
from broker.web.hosted.logo import logo
from broker.web.hosted.page import LOGO, START
from broker.web.page_tickets import PAGE
from broker.web.surface import Endpoint

PAGES: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path=PAGE, handler=login.login, access=navigation, bucket="starts"),
    Endpoint(method="GET", path=START, handler=login.chosen, access=navigation, bucket="starts"),
    Endpoint(method="GET", path=LOGO, handler=logo, access=public, dialect=JsonDialect()),
)
"""Page loads, whose errors go where those of a sign-in go; and a picture."""
