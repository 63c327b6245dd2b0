"""Custom providers: what the standards let anybody ask without signing somebody in.

The discovery document has to be the issuer's (OpenID Connect Discovery 4.3). The secret is tried where there is such a
document: a token endpoint says `invalid_client` before it looks at the code (RFC 6749 5.2). Of plain OAuth 2.0 the
endpoints are looked for, and nothing is sent there: too many of them are older than the standard.
"""

from collections.abc import AsyncIterator

from broker.crypto import opaque_token
from broker.doctor.examination import Custom, Examination
from broker.doctor.finding import Finding, note, ok, problem
from broker.errors import TokenInvalid, UpstreamUnavailable
from broker.net.client import Answer
from broker.protocol.discovery import ProviderMetadata, read_metadata
from broker.protocol.token_endpoint import TokenEndpointError, code_form, read_answer
from broker.providers.credentials.credential import TokenRequest
from broker.providers.credentials.secret import ClientSecret


async def custom_providers(examination: Examination) -> AsyncIterator[Finding]:
    """Each enabled one: its document or its endpoints, its redirect URI, its secret."""
    for custom in examination.custom:
        name = f"custom_{custom.key}"
        yield ok(f"{name}: the redirect URI to register is {custom.callback_url}")
        if examination.offline:
            continue
        if not custom.section.use_discovery:
            async for finding in _endpoints(custom, name):
                yield finding
            continue
        metadata = await _metadata(custom, name)
        if isinstance(metadata, Finding):
            yield metadata
            continue
        yield ok(f"{name}: the discovery document is there, and its issuer is the configured one")
        yield await _secret(custom, name, metadata)


async def _metadata(custom: Custom, name: str) -> ProviderMetadata | Finding:
    issuer = custom.section.issuer or ""
    url = f"{issuer.removesuffix('/')}/.well-known/openid-configuration"
    answer = await custom.upstream.get(url, kind="discovery")
    if isinstance(answer, Finding):
        return answer
    remedy = f"third_party.custom_providers.{custom.key}.issuer: exactly as the provider's own documentation has it"
    if answer.status != 200:
        return problem(f"{name}: HTTP {answer.status} at {url}", remedy)
    try:
        return read_metadata(
            answer.body,
            expected_issuer=issuer,
            allowed_origins=None,
            insecure_loopback=issuer.startswith("http://"),
        )
    except UpstreamUnavailable as error:
        return problem(f"{name}: the document at {url} cannot be used: {error.detail}", remedy)


async def _secret(custom: Custom, name: str, metadata: ProviderMetadata) -> Finding:
    section = custom.section
    if section.secret is None or section.client_id is None:
        return problem(f"{name}: client_id or secret is missing", f"third_party.custom_providers.{custom.key}")
    request = TokenRequest(
        client_id=section.client_id,
        endpoint=metadata.token_endpoint,
        audience=metadata.token_endpoint,
        form=code_form(
            code=opaque_token(),
            redirect_uri=custom.callback_url,
            code_verifier=opaque_token(),
            client_id=section.client_id,
        ),
        methods=metadata.token_endpoint_auth_methods,
    )
    prepared = await ClientSecret(id="secret", reveal=section.secret.reveal).prepare(request)
    answer = await custom.upstream.post_form(request.endpoint, prepared.body, kind="token", headers=prepared.headers)
    return answer if isinstance(answer, Finding) else _judged(answer, custom, name)


def _judged(answer: Answer, custom: Custom, name: str) -> Finding:
    try:
        error = read_answer(status=answer.status, content_type=answer.content_type, unverified_body=answer.body)
    except (UpstreamUnavailable, TokenInvalid) as nothing:
        return note(f"{name}: the secret could not be tried: {nothing.detail}", "ask again")
    keys = f"client_id and secret of third_party.custom_providers.{custom.key}"
    if isinstance(error, TokenEndpointError) and error.error in ("invalid_client", "unauthorized_client"):
        return problem(f"{name}: the token endpoint refuses us: {error.error}", keys)
    if isinstance(error, TokenEndpointError) and error.error == "invalid_grant":
        return ok(f"{name}: the secret is accepted")
    return note(f"{name}: the token endpoint says nothing of the secret", f"{keys}, if sign-ins fail")


async def _endpoints(custom: Custom, name: str) -> AsyncIterator[Finding]:
    section = custom.section
    if section.userinfo_endpoint is None:
        return
    answer = await custom.upstream.get(section.userinfo_endpoint, kind="userinfo", keep_redirects=True)
    if isinstance(answer, Finding):
        yield answer
    elif answer.status in (400, 401, 403):
        yield ok(f"{name}: the userinfo endpoint is there, and wants a token")
    else:
        says = f"{name}: the userinfo endpoint answers {answer.status} without a token"
        yield note(says, f"third_party.custom_providers.{custom.key}.userinfo_endpoint: is it the right one?")
