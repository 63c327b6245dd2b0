"""`/audit_logs` of the admin API: read what happened."""

from starlette.requests import Request
from starlette.responses import Response

from broker.store.audit_pages import AuditFilter
from broker.web import parse
from broker.web.broker import Broker
from broker.web.hanko import present
from broker.web.hanko.admin import paging, reading
from broker.web.hanko.audit_types import kinds_of

_FILTERS = frozenset({"start_time", "end_time", "actor_user_id", "actor_email", "meta_source_ip", "q"})
MOST_TYPES = 20


async def list_entries(request: Request, broker: Broker) -> Response:
    """`GET /audit_logs`: newest first; `type` may be given several times."""
    page, given = paging.page_of(request), reading.query(request, _FILTERS)
    types = [value for name, value in parse.pairs(request.scope["query_string"]) if name == "type" and value]
    log = broker.audit_log
    start, end = given.get("start_time"), given.get("end_time")
    wanted = AuditFilter(
        kinds=kinds_of(types[:MOST_TYPES]) if types else None,
        after=None if start is None else reading.moment(start, "start_time"),
        before=None if end is None else reading.moment(end, "end_time"),
        actor_user_id=given.get("actor_user_id"),
        actor_address=given.get("actor_email"),
        ip_address=given.get("meta_source_ip"),
        anything=given.get("q"),
        masked=log.mask,
    )
    found = await log.page(wanted, limit=page.size, offset=page.offset)
    items = [present.audit_entry(entry, address, mask=log.mask) for entry, address in found.entries]
    return paging.paged(items, page, found.total, request)
