"""Which sessions act in an organization; everything else about sessions is in `store/sessions`."""

from broker.store.base import Connection


async def sessions_in(c: Connection, organization_id: str, *, user_id: str | None = None) -> list[str]:
    """The ids of the sessions that act in it, by user: everybody who ends several does so in one order."""
    rows = await c.fetch_all(
        "SELECT id FROM sessions WHERE organization_id = $1 AND user_id = COALESCE($2, user_id) ORDER BY user_id, id",
        organization_id,
        user_id,
    )
    return [row["id"] for row in rows]
