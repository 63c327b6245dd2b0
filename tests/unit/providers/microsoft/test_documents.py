import json
from typing import Any

import pytest

from broker.errors import UpstreamUnavailable
from broker.providers.microsoft.clouds import (
    CHINA,
    CLOUDS,
    GLOBAL,
    MSA_TENANT,
    USGOV,
    Cloud,
    custom_cloud,
    emulator_cloud,
)
from broker.providers.microsoft.documents import TenantDocuments

ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"
BASE = "https://login.microsoftonline.com"


def document(issuer: str, *, cloud: Cloud = GLOBAL, **members: Any) -> bytes:
    base = cloud.authority
    whole = {
        "issuer": issuer,
        "authorization_endpoint": f"{base}/x/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/x/oauth2/v2.0/token",
        "jwks_uri": f"{base}/x/discovery/v2.0/keys",
        "cloud_instance_name": cloud.instance_name or "anything",
    }
    return json.dumps(whole | members).encode()


@pytest.mark.parametrize(
    ("tenant", "segment", "issuer_of"),
    [
        ("common", "common", "{tenantid}"),
        ("organizations", "organizations", "{tenantid}"),
        ("consumers", "consumers", MSA_TENANT),
        (MSA_TENANT, "consumers", MSA_TENANT),
        (ALDER.upper(), ALDER, ALDER),
        ("alder.example", "alder.example", ALDER),
    ],
)
def test_each_tenant_has_one_document_and_one_issuer(tenant: str, segment: str, issuer_of: str) -> None:
    documents = TenantDocuments(cloud=GLOBAL, tenant=tenant)
    assert documents.url == f"{BASE}/{segment}/v2.0/.well-known/openid-configuration"
    assert documents.read(document(f"{BASE}/{issuer_of}/v2.0")).issuer == f"{BASE}/{issuer_of}/v2.0"


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers", ALDER, "alder.example"])
@pytest.mark.parametrize(
    "issuer",
    [
        f"https://login.microsoftonline.us/{ALDER}/v2.0",
        f"{BASE}/{ALDER}/v2.0/",
        f"{BASE}/{ALDER}/v1.0",
        f"{BASE}/{ALDER.upper()}/v2.0",
        f"{BASE}/x/{ALDER}/v2.0",
        "https://sts.windows.net/{tenantid}/",
        f"{BASE}/common/v2.0",
        "",
    ],
)
def test_the_document_of_another_issuer_is_refused(tenant: str, issuer: str) -> None:
    with pytest.raises(UpstreamUnavailable):
        TenantDocuments(cloud=GLOBAL, tenant=tenant).read(document(issuer))


@pytest.mark.parametrize("tenant", [ALDER, "consumers", "alder.example"])
def test_the_placeholder_is_for_common_and_organizations_only(tenant: str) -> None:
    with pytest.raises(UpstreamUnavailable):
        TenantDocuments(cloud=GLOBAL, tenant=tenant).read(document(f"{BASE}/{{tenantid}}/v2.0"))


@pytest.mark.parametrize(
    "members",
    [
        {"token_endpoint": "https://login.microsoftonline.com.evil.example/token"},
        {"token_endpoint": "http://login.microsoftonline.com/token"},
        {"jwks_uri": "https://login.microsoftonline.us/common/discovery/v2.0/keys"},
        {"authorization_endpoint": "https://user@login.microsoftonline.com/authorize"},
        {"cloud_instance_name": "microsoftonline.us"},
        {"cloud_instance_name": None},
    ],
)
def test_a_document_that_names_another_clouds_places_is_refused(members: dict[str, Any]) -> None:
    documents = TenantDocuments(cloud=GLOBAL, tenant="common")
    with pytest.raises(UpstreamUnavailable):
        documents.read(document(f"{BASE}/{{tenantid}}/v2.0", **members))


def test_the_guid_behind_a_domain_is_the_one_of_the_last_document() -> None:
    documents = TenantDocuments(cloud=GLOBAL, tenant="alder.example")
    assert (documents.tenant, documents.domain) == ("alder.example", "alder.example")
    documents.read(document(f"{BASE}/{ALDER}/v2.0"))
    assert documents.tenant == ALDER
    assert documents.directory_in(documents.read(document(f"{BASE}/{BIRCH}/v2.0"))) == BIRCH
    assert (documents.tenant, documents.domain) == (BIRCH, "alder.example")


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers", MSA_TENANT, ALDER])
def test_other_tenants_are_no_domains(tenant: str) -> None:
    assert TenantDocuments(cloud=GLOBAL, tenant=tenant).domain is None


def test_an_application_with_signing_keys_of_its_own_names_itself_where_documents_and_keys_are() -> None:
    documents = TenantDocuments(cloud=GLOBAL, tenant="common", signing_application="me")
    assert documents.url == f"{BASE}/common/v2.0/.well-known/openid-configuration?appid=me"
    keys = f"{BASE}/common/discovery/v2.0/keys"
    for named, asked in ((keys, f"{keys}?appid=me"), (f"{keys}?appid=as-given", f"{keys}?appid=as-given")):
        assert documents.read(document(f"{BASE}/{{tenantid}}/v2.0", jwks_uri=named)).jwks_uri == asked
    with pytest.raises(UpstreamUnavailable):
        documents.read(document(f"{BASE}/{{tenantid}}/v2.0", jwks_uri="https://evil.example/keys?appid=me"))


@pytest.mark.parametrize(
    ("tenant", "admitted", "refused"),
    [
        ("common", [ALDER, BIRCH, MSA_TENANT], []),
        ("organizations", [ALDER, BIRCH], []),
        ("consumers", [MSA_TENANT], [ALDER]),
        (ALDER, [ALDER], [BIRCH, MSA_TENANT]),
        ("alder.example", [ALDER, BIRCH], []),
    ],
)
def test_an_issuer_in_an_answer_must_be_possible(tenant: str, admitted: list[str], refused: list[str]) -> None:
    documents = TenantDocuments(cloud=GLOBAL, tenant=tenant)
    assert all(documents.accepts_issuer(f"{BASE}/{tid}/v2.0") for tid in admitted)
    assert not any(documents.accepts_issuer(f"{BASE}/{tid}/v2.0") for tid in refused)
    for odd in (f"{BASE}/{{tenantid}}/v2.0", f"{BASE}/{ALDER}/v2.0/", f"https://evil.example/{ALDER}/v2.0", ""):
        assert not documents.accepts_issuer(odd)


@pytest.mark.parametrize("cloud", [GLOBAL, USGOV, CHINA], ids=lambda cloud: cloud.name)
def test_each_cloud_speaks_for_itself(cloud: Cloud) -> None:
    documents = TenantDocuments(cloud=cloud, tenant="organizations")
    documents.read(document(f"{cloud.authority}/{{tenantid}}/v2.0", cloud=cloud))
    for other in (GLOBAL, USGOV, CHINA):
        if other is not cloud:
            with pytest.raises(UpstreamUnavailable):
                documents.read(document(f"{other.authority}/{{tenantid}}/v2.0", cloud=other))


def test_the_pinned_clouds_name_no_private_host_and_no_plain_http() -> None:
    for cloud in CLOUDS.values():
        assert cloud.named_hosts == frozenset()
        assert not cloud.insecure_loopback
        assert not cloud.emulator
        assert all(origin.startswith("https://") for origin in cloud.origins)


def test_a_custom_cloud_is_what_configuration_names() -> None:
    cloud = custom_cloud(
        authority="https://login.sov.example/", graph="https://graph.sov.example", hosts=["keys.sov.example:8443"]
    )
    assert cloud.name == "custom:login.sov.example"
    assert cloud.authority == "https://login.sov.example"
    assert cloud.origins == {"https://login.sov.example", "https://graph.sov.example", "https://keys.sov.example:8443"}
    assert cloud.named_hosts == {"login.sov.example", "graph.sov.example", "keys.sov.example"}
    assert cloud.instance_name is None


def test_the_emulator_is_a_cloud_of_its_own() -> None:
    cloud = emulator_cloud("http://localhost:8400")
    assert (cloud.name, cloud.emulator, cloud.insecure_loopback) == ("emulator", True, True)
    assert cloud.origins == {"http://localhost:8400"}
