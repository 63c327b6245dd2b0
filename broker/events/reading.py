"""Read the trail: for operators, by page."""

from broker.store import audit_pages
from broker.store.audit_pages import AuditFilter, AuditPage
from broker.store.base import Store


class AuditLog:
    """The trail of this deployment. `mask`: addresses of those it speaks of are shown, and sought, masked."""

    def __init__(self, store: Store, *, mask: bool) -> None:
        self.mask = mask
        self._store = store

    async def page(self, wanted: AuditFilter, *, limit: int, offset: int) -> AuditPage:
        """The entries of one page, newest first."""
        async with self._store.read() as connection:
            return await audit_pages.page(connection, wanted, limit=limit, offset=offset)
