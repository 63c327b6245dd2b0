"""Microsoft's own library for Python, as its documentation has it used, against the emulator over https."""

import html
import re
from collections.abc import Iterator
from typing import Any

import msal
import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.emulator.certificate import Certified
from tests.emulator.started import Started, started
from tests.peers.microsoft import FIRST_CLIENT, SECRET

REDIRECT_URI = "http://localhost:8000/thirdparty/callback"


def follow(emulator: Started, address: str) -> dict[str, str]:
    """A browser's part: follow redirects up to the form that would bring the answer to the application, and read it."""
    answer = requests.get(address, verify=str(emulator.ca_file), timeout=10)
    assert f'action="{REDIRECT_URI}"' in answer.text, answer.text
    inputs = re.findall(r'name="([^"]+)" value="([^"]*)"', answer.text)
    return {name: html.unescape(value) for name, value in inputs}


def sign_in(application: msal.ConfidentialClientApplication, emulator: Started, person: str) -> dict[str, Any]:
    flow = application.initiate_auth_code_flow(
        ["User.Read"], redirect_uri=REDIRECT_URI, login_hint=f"auto:{person}", response_mode="form_post"
    )
    result: dict[str, Any] = application.acquire_token_by_auth_code_flow(flow, follow(emulator, flow["auth_uri"]))
    assert "error" not in result, result
    return result


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with started(tmp_path_factory.mktemp("authority"), "--control") as found:
        yield found


@pytest.fixture(autouse=True)
def own_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """requests prefers what the environment names to the CA file that a session was given."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def http(emulator: Started) -> Iterator[requests.Session]:
    """What MSAL would make of `verify=`, but closed in the end."""
    with requests.Session() as session:
        session.verify = str(emulator.ca_file)
        yield session


@pytest.mark.parametrize(("tenant", "person"), [("common", "alice"), ("organizations", "ivan"), ("consumers", "dave")])
def test_msal_signs_in_refreshes_and_reads_who_it_is(
    emulator: Started, http: requests.Session, tenant: str, person: str
) -> None:
    application = msal.ConfidentialClientApplication(
        FIRST_CLIENT,
        client_credential=SECRET,
        authority=f"{emulator.url}/{tenant}",
        instance_discovery=False,
        http_client=http,
    )
    result = sign_in(application, emulator, person)
    [account] = application.get_accounts()
    refreshed = application.acquire_token_silent_with_error(["User.Read"], account, force_refresh=True)
    assert refreshed is not None
    assert "error" not in refreshed, refreshed
    assert refreshed["access_token"] != result["access_token"]
    me = requests.get(
        f"{emulator.url}/graph/v1.0/me",
        headers={"Authorization": f"Bearer {refreshed['access_token']}"},
        verify=str(emulator.ca_file),
        timeout=10,
    )
    assert me.json()["displayName"] == result["id_token_claims"]["name"]


def test_msal_proves_itself_by_certificate(emulator: Started, http: requests.Session) -> None:
    certified = Certified.make()
    order = {"client_id": FIRST_CLIENT, "certificates": [certified.pem]}
    answer = requests.post(
        f"{emulator.url}/_control/registrations", json=order, verify=str(emulator.ca_file), timeout=10
    )
    assert answer.status_code == 200, answer.text
    key = certified.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    application = msal.ConfidentialClientApplication(
        FIRST_CLIENT,
        client_credential={"private_key": key, "public_certificate": certified.pem},
        authority=f"{emulator.url}/common",
        instance_discovery=False,
        http_client=http,
    )
    assert sign_in(application, emulator, "alice")["id_token_claims"]["name"] == "Alice Alder"
