"""What people have allowed applications to do: each for themselves, or an administrator for a whole directory.

Signing in itself (`openid profile email`) counts as allowed from the start, so that nobody who only signs people in
meets a page; everything else is asked for once. Consent is kept per directory: a guest's is the guest object's.
"""

from broker.emulator.people import Person
from broker.emulator.tenants import Tenant

_GIVEN = frozenset(("openid", "profile", "email"))
_Account = tuple[str, str, str]


class Consents:
    """All consent there is, by account and application."""

    def __init__(self) -> None:
        self._by_account: dict[_Account, set[str]] = {}
        self._by_directory: dict[tuple[str, str], set[str]] = {}

    def allowed(self, account: Person, client_id: str) -> frozenset[str]:
        """The scopes that this application may use for this account."""
        own = self._by_account.get(_key(account, client_id), _GIVEN)
        return frozenset(own | self._by_directory.get((account.tenant.id, client_id), set()))

    def missing(self, account: Person, client_id: str, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the scopes that still need somebody's consent."""
        allowed = self.allowed(account, client_id)
        return tuple(scope for scope in scopes if scope not in allowed)

    def give(self, account: Person, client_id: str, scopes: tuple[str, ...]) -> None:
        """A person allows something."""
        self._by_account.setdefault(_key(account, client_id), set(_GIVEN)).update(scopes)

    def give_for_directory(self, tenant: Tenant, client_id: str, scopes: tuple[str, ...]) -> None:
        """An administrator allows something for everybody in the directory."""
        self._by_directory.setdefault((tenant.id, client_id), set()).update(scopes)

    def withdraw(self, account: Person, client_id: str) -> None:
        """A person takes back all consent, the given one too, until asked anew."""
        self._by_account[_key(account, client_id)] = set()

    def withdraw_for_directory(self, tenant: Tenant, client_id: str) -> None:
        """The administrator's consent ends; people's own stays."""
        self._by_directory.pop((tenant.id, client_id), None)

    def clear(self) -> None:
        """Back to the first state."""
        self._by_account.clear()
        self._by_directory.clear()


def _key(account: Person, client_id: str) -> _Account:
    return account.tenant.id, account.oid, client_id
