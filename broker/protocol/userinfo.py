"""The userinfo endpoint's answer (OpenID Connect Core 5.3), for providers that keep their claims there.

Only ever a supplement to a verified ID token, whose `sub` it must repeat: otherwise an access token of somebody else,
put in place of ours, would dress one person in another's name (5.3.2 and 5.3.4).
"""

from types import MappingProxyType

from broker.crypto import same
from broker.errors import TokenInvalid
from broker.protocol.answers import refuse_no_answer
from broker.protocol.claims import Claims
from broker.protocol.strict_json import JsonInvalid, parse_object

MAX_BYTES = 262_144


def read_userinfo(*, status: int, content_type: str, unverified_body: bytes, subject: str) -> Claims:
    """The claims of the person whose verified ID token says `subject`.

    Raises `UpstreamUnavailable` where the endpoint gave no answer, `TokenInvalid` with check `userinfo` for a refusal
    or nonsense, with check `userinfo_sub` for somebody else's claims. A signed answer (`application/jwt`) is refused:
    we never ask for one.
    """
    refuse_no_answer("userinfo", status=status, content_type=content_type, unverified_body=unverified_body)
    if status != 200:
        raise TokenInvalid("userinfo", f"status {status}")
    try:
        members = parse_object(unverified_body, max_bytes=MAX_BYTES)
    except JsonInvalid as error:
        raise TokenInvalid("userinfo", str(error)) from None
    found = members.get("sub")
    if not isinstance(found, str) or not found:
        raise TokenInvalid("userinfo", "no sub")
    if not same(found, subject):
        raise TokenInvalid("userinfo_sub", "the claims of somebody else")
    return Claims(claims=MappingProxyType(members))
