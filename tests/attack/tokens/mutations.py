"""What is done to a token, claim by claim and header by header, and what must come of it.

`REQUIRED`: any other value is refused under this name, but for the `harmless` ones. `FORBIDDEN`: there at all means
refused. `DISPLAY`: whatever it says, the person is the same, and nothing becomes proven by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.attack.tokens import microsoft as ms

ODD: tuple[Any, ...] = (
    None, "", " ", "x", 0, 1, -1, 1.5, 2**53, True, False, [], ["x"], [None], {}, {"x": 1}, "x" * 300, "\0", "\u202ex",
    "\u2028", 'a"b', "{tenantid}", "common",
)  # fmt: skip
"""Emptied, of another type, or of a value that some reader would stumble over; `...` (removed) comes besides."""


@dataclass(frozen=True, kw_only=True)
class Required:
    """A claim that decides. `wrong`: values of the right type that are another's. `harmless`: what passes all the same.

    `absent`: the name under which its absence is refused, if that is another; empty if it may be absent.
    """

    check: str
    wrong: tuple[Any, ...] = ()
    harmless: tuple[Any, ...] = ()
    absent: str | None = None

    def mutations(self) -> tuple[tuple[Any, str], ...]:
        """Value and the name of its refusal; empty for none."""
        removed = self.check if self.absent is None else self.absent
        refused = [(value, self.check) for value in (*ODD, *self.wrong) if not _among(value, self.harmless)]
        return ((..., removed), *refused, *((value, "") for value in self.harmless))


def _among(value: object, others: tuple[object, ...]) -> bool:
    """Equal and of one type: in Python `True` is 1."""
    return any(type(value) is type(other) and value == other for other in others)


_ISSUER = f"{ms.BASE}/{ms.ALDER}/v2.0"
REQUIRED: Mapping[str, Required] = {
    "ver": Required(check="not_id_token", wrong=("1.0", "2", "2.0 ", 2, 2.0, ["2.0"])),
    "tid": Required(check="tid", wrong=(ms.ALDER.upper(), f"{{{ms.ALDER}}}", f" {ms.ALDER}", f"{ms.ALDER}\n",
        [ms.ALDER], f"{ms.BIRCH}/../{ms.ALDER}", ms.ALDER.replace("-", ""))),
    "iss": Required(check="key_issuer", wrong=(f"{ms.BASE}/{ms.BIRCH}/v2.0", _ISSUER + "/", _ISSUER.upper(), [_ISSUER],
        f"{ms.BASE}/{{tenantid}}/v2.0", f"https://sts.windows.net/{ms.ALDER}/", f"{ms.BASE}/{ms.ALDER}/v1.0",
        f"https://login.microsoftonline.us/{ms.ALDER}/v2.0", f"{ms.BASE}.evil.example/{ms.ALDER}/v2.0",
        f"http://login.microsoftonline.com/{ms.ALDER}/v2.0", f"{ms.BASE}/{ms.ALDER}/v2.0\0")),
    "aud": Required(check="aud", wrong=(ms.CLIENT.upper(), [ms.CLIENT, ms.CLIENT], [ms.CLIENT, "x"], {ms.CLIENT: 1},
        f"api://{ms.CLIENT}", f"{ms.CLIENT} "), harmless=([ms.CLIENT],)),
    "nonce": Required(check="nonce", wrong=("m" * 43, "n" * 42, "n" * 44, ["n" * 43])),
    "exp": Required(check="time", wrong=(ms.NOW - 60, str(ms.NOW + 3600), float(ms.NOW), ms.NOW + 26 * 3600)),
    "iat": Required(check="time", wrong=(ms.NOW + 61, ms.NOW - 25 * 3600 - 1, str(ms.NOW)), harmless=(ms.NOW + 60,)),
    "nbf": Required(check="time", wrong=(ms.NOW + 61, str(ms.NOW)), harmless=(1, ms.NOW + 60), absent=""),
    # Another subject under one key is for accounts to refuse (`sub_changed`).
    "sub": Required(check="sub", wrong=("s" * 256, "s\u00e9", "s\n"),
        harmless=(" ", "x", 'a"b', "{tenantid}", "common", "s" * 255)),
    "oid": Required(check="oid", wrong=("5EED0000-0000-4000-8000-0000000000A1", "alice", "5eed0000")),
    "azp": Required(check="aud", wrong=("another", [ms.CLIENT]), harmless=(ms.CLIENT,), absent=""),
    "at_hash": Required(check="at_hash", wrong=(ms.AT_HASH[:-1], ms.AT_HASH + "=", ms.AT_HASH.lower()), absent=""),
}  # fmt: skip

FORBIDDEN = {"scp": "not_id_token", "azpacr": "not_id_token", "appid": "not_id_token", "idtyp": "not_id_token",
    "TID": "tid", "Tid": "tid", "tId": "tid", "t\u0131d": "", "t\u0130d": ""}  # fmt: skip
"""The last two only look like `tid`: folding neither letter gives an i."""

DISPLAY = (
    "name", "preferred_username", "given_name", "family_name", "roles", "groups", "sid", "login_hint", "auth_time",
    "amr", "acr", "acrs", "uti", "rh", "aio", "c_hash", "wids", "ctry", "tenant_ctry", "tenant_region_scope",
    "_claim_names", "_claim_sources", "hasgroups", "verified_primary_email", "verified_secondary_email", "xms_pl",
    "xms_tpl", "ipaddr", "in_corp", "vnet", "fwd", "pwd_exp", "extn.x", "email_verified", "unique_name", "mail",
    "otherMails", "userPrincipalName", "nickname", "picture", "home_oid", "puid", "__proto__", "XMS_EDOV",
)  # fmt: skip
"""Claims that may say what they like."""

ADDRESS_CLAIMS = ("upn", "email", "xms_edov", "acct", "idp")
"""Claims that decide what an address is worth, and never who the person is."""
