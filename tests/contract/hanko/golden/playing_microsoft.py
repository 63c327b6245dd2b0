"""The recorded sign-ins with Microsoft's ID tokens, played with the emulator: a token spoilt in each way."""

import json
from typing import Any

from tests.browsers import Page
from tests.contract.hanko.golden.exchanges import Exchange
from tests.contract.hanko.golden.stage import PUBLIC, Stage
from tests.peers.microsoft import FIRST_CLIENT

_BASE = "https://login.microsoftonline.com"
_TENANT = "0ec22c9c-397e-484d-8edc-6212147ebe5b"
_FAULTS: dict[int, dict[str, Any]] = {
    43: {"status": 200, "body": json.dumps({"token_type": "Bearer", "expires_in": 3600, "access_token": "opaque"})},
    44: {"status": 400, "body": json.dumps({"error": "invalid_grant", "error_description": "AADSTS54005"})},
    45: {"status": 401, "body": json.dumps({"error": "invalid_client", "error_description": "AADSTS7000215"})},
}
_SET: dict[int, dict[str, Any]] = {
    **{
        2 + place: {"xms_edov": value}
        for place, value in enumerate((True, "1", "true", 1, "True", False, "0", 0, "false", None))
    },
    12: {"upn": "upn@example.com", "xms_edov": False},
    13: {"upn": "nobody"},
    14: {"upn": "B <b14@example.com>"},
    15: {"email": "X <b15@example.com>"},
    16: {"email": "M16@EXAMPLE.COM"},
    17: {"upn": "g_x.com#EXT#@t.onmicrosoft.com"},
    19: {"email": "nobody"},
    20: {"email": 5},
    21: {"name": 5},
    22: {"iss": f"{_BASE}/common/v2.0"},
    23: {"iss": f"{_BASE}/{_TENANT}/v2.0/"},
    24: {"iss": "https://sts.windows.net/x/"},
    25: {"iss": "https://login.microsoftonline.us/x/v2.0"},
    26: {"tid": _TENANT},
    27: {"aud": "another"},
    36: {"sub": ""},
}
_NOT_ABOUT_PROOF = 14
"""From here on the address is one that we believe, or every row would say the same."""
_REMOVED = {18: ["email"], 29: ["aud"], 30: ["exp"], 35: ["iat"]}
_TIMES = {31: ("exp", -1), 32: ("exp", 1), 33: ("iat", 5), 34: ("nbf", 5)}
_SIGNED: dict[int, dict[str, Any]] = {
    37: {"header": {"set": {"kid": "zz"}}},
    38: {"header": {"remove": ["kid"]}},
    39: {"signature": "AAAA"},
    40: {"alg": "RS512"},
    41: {"alg": "PS256"},
}


async def play(recorded: Exchange, stage: Stage) -> Page:
    """Somebody new signs in, whose ID token is as it was then."""
    number = recorded.number
    async with stage.broker.browser() as browser:
        await stage.microsoft.registrations(client_id=FIRST_CLIENT, redirect_uris=[f"{PUBLIC}/thirdparty/callback"])
        start = await stage.started(browser, provider="microsoft")
        claims = {
            "sub": f"m{number}", "oid": f"00000000-0000-4000-8000-{number:012}", "email": f"m{number}@example.com",
            **({"xms_edov": True} if number >= _NOT_ABOUT_PROOF else {}),
        } | _SET.get(number, {})  # fmt: skip
        if number in _TIMES:
            name, seconds = _TIMES[number]
            claims[name] = stage.clock.now() + seconds
        if number == 28:
            claims["aud"] = [start.query["client_id"]]
        removed = ["upn", "xms_edov", *_REMOVED.get(number, ())]
        kept = {name: value for name, value in claims.items() if name not in _REMOVED.get(number, ())}
        await stage.microsoft.claims(remove=removed, set=kept, **_SIGNED.get(number, {}))
        if number in _FAULTS:
            await stage.microsoft.fault("token", **_FAULTS[number])
        page = await browser.get(f"{start.location}&login_hint=auto:alice")
        while page.location is not None and not page.url.startswith(browser.url + "/thirdparty/callback"):
            page = await browser.get(page.location)
        await stage.microsoft.reset()
        return page
