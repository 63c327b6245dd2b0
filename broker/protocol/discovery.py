"""A provider's metadata document (OpenID Connect Discovery 1.0 section 3 and 4.3, RFC 8414, RFC 9207).

The document says where to send browsers, codes and our secret; so what it names must lie where configuration admits.
Fetching and caching are for `providers/metadata`, which keeps the last good document when one is refused here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from broker.errors import UpstreamUnavailable
from broker.protocol.excerpt import excerpt
from broker.protocol.strict_json import JsonInvalid, parse_object

MAX_BYTES = 1_048_576
MAX_URL_CHARACTERS = 2_048
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
# Narrower than RFC 3986 on purpose: no user info, no fragment, no backslash, nothing that two parsers read differently.
_ENDPOINT = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:/[a-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[a-z0-9._~!$&'()*+,;=:@%/?-]*)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, kw_only=True)
class ProviderMetadata:
    """Where a provider answers, and what it says it can do.

    An optional endpoint outside the admitted origins is as if it were not there. `signing_algorithms` and
    `token_endpoint_auth_methods` are as announced: a claim of the provider, to be met with what we take.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    cloud_instance_name: str | None = None
    authorization_response_iss_parameter_supported: bool = False
    token_endpoint_auth_methods: tuple[str, ...] = ()
    signing_algorithms: tuple[str, ...] = ()


def read_metadata(
    unverified_body: bytes,
    *,
    expected_issuer: str | None,
    allowed_origins: frozenset[str] | None,
    insecure_loopback: bool = False,
) -> ProviderMetadata:
    """Read a metadata document.

    `expected_issuer` must be met byte for byte (Microsoft's placeholder included); None leaves the comparison to a
    caller who learns the issuer here. `allowed_origins` are `scheme://host[:port]` in lower case without default
    port; None admits every https origin. Plain http only on loopback, and only with `insecure_loopback`. Raises
    `UpstreamUnavailable` for everything else: the provider speaks nonsense, or somebody speaks in its place.
    """
    try:
        document = parse_object(unverified_body, max_bytes=MAX_BYTES)
    except JsonInvalid as error:
        raise UpstreamUnavailable(f"metadata: {error}") from None
    issuer = document.get("issuer")
    if not isinstance(issuer, str) or not 0 < len(issuer) <= MAX_URL_CHARACTERS:
        raise UpstreamUnavailable("metadata: no issuer")
    if expected_issuer is not None and issuer != expected_issuer:
        raise UpstreamUnavailable(f"metadata: the issuer is {excerpt(issuer, 120)}")

    def needed(name: str) -> str:
        found = optional(name)
        if found is None:
            shown = document.get(name)
            what = excerpt(shown, 100) if isinstance(shown, str) else "missing"
            raise UpstreamUnavailable(f"metadata: {name} cannot be used: {what}")
        return found

    def optional(name: str) -> str | None:
        return _endpoint(document.get(name), allowed_origins, insecure_loopback)

    return ProviderMetadata(
        issuer=issuer,
        authorization_endpoint=needed("authorization_endpoint"),
        token_endpoint=needed("token_endpoint"),
        jwks_uri=needed("jwks_uri"),
        userinfo_endpoint=optional("userinfo_endpoint"),
        end_session_endpoint=optional("end_session_endpoint"),
        cloud_instance_name=_name(document, "cloud_instance_name"),
        authorization_response_iss_parameter_supported=(
            document.get("authorization_response_iss_parameter_supported") is True
        ),
        token_endpoint_auth_methods=_names(document, "token_endpoint_auth_methods_supported"),
        signing_algorithms=_names(document, "id_token_signing_alg_values_supported"),
    )


def origin_of(unverified_url: object) -> str | None:
    """The origin of an endpoint, `scheme://host[:port]` in lower case without default port; None if it is no such URL.

    Configuration uses it to write `allowed_origins` in the same spelling.
    """
    if not isinstance(unverified_url, str) or len(unverified_url) > MAX_URL_CHARACTERS:
        return None
    match = _ENDPOINT.fullmatch(unverified_url)
    if match is None:
        return None
    scheme, host = match["scheme"].lower(), match["host"].lower()
    port = int(match["port"]) if match["port"] is not None else _DEFAULT_PORTS[scheme]
    if ".." in host or not 0 < port < 65_536:
        return None
    return f"{scheme}://{host}" + ("" if port == _DEFAULT_PORTS[scheme] else f":{port}")


def _endpoint(unverified_url: object, allowed_origins: frozenset[str] | None, insecure_loopback: bool) -> str | None:
    origin = origin_of(unverified_url)
    if origin is None or (allowed_origins is not None and origin not in allowed_origins):
        return None
    scheme, _, authority = origin.partition("://")
    if scheme == "http":
        host = authority if authority.endswith("]") else authority.rpartition(":")[0] or authority
        if not insecure_loopback or host not in _LOOPBACK_HOSTS:
            return None
    return str(unverified_url)


def _name(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= 256 else None


def _names(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = document.get(name)
    members = value if isinstance(value, list) else []
    return tuple(member for member in members[:100] if isinstance(member, str) and 0 < len(member) <= 256)
