"""Where a provider keeps which directory a domain stood for; a use case above has it in the store, for all replicas."""

from typing import Protocol


class DirectoryMemory(Protocol):
    """A memory of one GUID a domain. Each call may raise `StoreUnavailable`; none is made before it is needed."""

    async def kept(self, *, provider: str, cloud: str, domain: str) -> str | None:
        """The GUID that counts, if one was ever kept."""
        ...

    async def keep(self, *, provider: str, cloud: str, domain: str, guid: str) -> str:
        """Keep this GUID if none is kept yet; answers the one that counts, which may be somebody else's.

        Only for a caller before whom somebody of that directory has just proven who they are.
        """
        ...

    async def note_change(self, *, provider: str, cloud: str, domain: str, guid: str) -> None:
        """The provider names this one instead of the GUID that counts: note it for the operator, who decides."""
        ...


class ProcessMemory:
    """A memory that lasts as long as the process: for providers that are built without a store."""

    def __init__(self) -> None:
        self.guids: dict[tuple[str, str, str], str] = {}
        self.changes: dict[tuple[str, str, str], str] = {}

    async def kept(self, *, provider: str, cloud: str, domain: str) -> str | None:
        """What was kept since the process began."""
        return self.guids.get((provider, cloud, domain))

    async def keep(self, *, provider: str, cloud: str, domain: str, guid: str) -> str:
        """The first stays."""
        return self.guids.setdefault((provider, cloud, domain), guid)

    async def note_change(self, *, provider: str, cloud: str, domain: str, guid: str) -> None:
        """Kept for whoever looks."""
        self.changes[(provider, cloud, domain)] = guid
