import json
from pathlib import Path
from typing import Any

from broker.config.load import load
from broker.config.schema import json_schema
from broker.config.sections import Config
from broker.config.shape import settings
from broker.config.show import effective, redirect_uri, redirect_uris, to_register
from tests.unit.config.files import CLIENT_ID, PRODUCTION, SECRET, loaded, written

FILE = f"""\
service: {{environment: staging}}
secrets: {{keys: [{SECRET}]}}
database: {{url: "postgresql://broker:p4ssword@db/broker"}}
third_party:
  error_redirect_url: http://localhost:8888/
  providers:
    microsoft:
      client_id: {CLIENT_ID}
      credentials:
        - {{kind: secret, value: hush-hush, id: a, expires_on: 2027-05-01}}
      email: {{trusted_tenants: [{{tenant: {CLIENT_ID}, domains: [example.com]}}]}}
  custom_providers:
    acme: {{secret: hush-hush, attribute_mapping: {{email: mail}}}}
session: {{idle_timeout: 90m}}
"""


def test_every_key_is_shown_with_value_and_source(tmp_path: Path) -> None:
    path = written(tmp_path, FILE)
    shown = {item.key: item for item in effective(load(path, {"BROKER_SESSION__LIMIT": "3"}))}

    assert shown["session.idle_timeout"].value == "90m"
    assert shown["session.lifespan"].value == "12h"
    assert shown["session.lifespan"].source == "default"
    assert shown["session.idle_timeout"].source == f"{path}:14"
    assert (shown["session.limit"].value, shown["session.limit"].source) == (3, "environment BROKER_SESSION__LIMIT")
    assert shown["server.public.address"].value == "127.0.0.1:8000"
    assert shown["rate_limiter.starts"].value == "600/m"
    assert shown["third_party.custom_providers.acme.attribute_mapping"].value == {"email": "mail"}
    assert shown["third_party.custom_providers.acme.secret"].source == f"{path}:13"


def test_nothing_secret_is_shown_and_all_of_it_is_json(tmp_path: Path) -> None:
    text = json.dumps([vars(item) for item in effective(load(written(tmp_path, FILE), {}))])

    assert not any(secret in text for secret in (SECRET, "p4ssword", "hush"))
    assert "postgresql://broker:***@db/broker" in text
    assert '"value": "***", "id": "a", "expires_on": "2027-05-01"' in text


def test_redirect_uri_is_ready_to_paste() -> None:
    by_discovery = {"issuer": "https://id.acme.example", "use_discovery": True}
    custom = {"enabled": True, "display_name": "Acme", "client_id": "a", "secret": "b", **by_discovery}
    config = loaded({"third_party.custom_providers": {"acme": custom}}, base=PRODUCTION).config

    assert redirect_uri(config) == "https://login.example.com/thirdparty/callback"
    assert redirect_uris(config) == {
        "microsoft": "https://login.example.com/thirdparty/callback",
        "custom_acme": "https://login.example.com/thirdparty/callback/custom_acme",
    }


def test_addresses_of_signing_out_are_shown_where_they_are_wanted() -> None:
    off = {"third_party.providers.microsoft.logout.frontchannel": False}
    both = loaded({"third_party.providers.microsoft.logout.rp_initiated": True}, base=PRODUCTION).config

    assert [url for _, url in to_register(loaded(off, base=PRODUCTION).config)] == [redirect_uri(both)]
    assert redirect_uris(both)["microsoft_signed_out"] == "https://login.example.com/logout/return"
    assert to_register(both) == [
        ("redirect URI", "https://login.example.com/thirdparty/callback"),
        ("redirect URI", "https://login.example.com/logout/return"),
        ("front-channel logout URL", "https://login.example.com/thirdparty/logout/microsoft"),
    ]


def test_schema_knows_every_key_and_refuses_others() -> None:
    schema = json_schema()

    for setting in settings(Config()):
        assert setting.path[-1] in block(schema, setting.path[:-1])["properties"]
    assert all(part.get("additionalProperties") is False for part in schema["$defs"].values() if "properties" in part)
    json.dumps(schema)


def test_schema_describes_keys_and_gives_defaults_as_one_writes_them() -> None:
    session = block(json_schema(), ("session",))["properties"]

    assert session["lifespan"]["description"] == "absolute"
    assert session["lifespan"]["default"] == "12h"
    assert session["limit"]["default"] == 5


def block(schema: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    found = schema
    for part in path:
        below = found["properties"][part]
        found = schema["$defs"][below["$ref"].rpartition("/")[2]] if "$ref" in below else below
    return found
