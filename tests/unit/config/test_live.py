import os
from pathlib import Path

import pytest

from broker.config.live import LiveConfig, SecretWatch, compare, reload
from broker.config.load import load
from broker.errors import ConfigError
from tests.unit.config.files import BASE, CLIENT_ID, SECRET, loaded, written

RUNS = "service: {environment: staging}\nthird_party: {error_redirect_url: http://localhost:8888/}\n"


def test_reload_takes_the_new_file_and_says_what_changed(tmp_path: Path) -> None:
    live = LiveConfig(load(written(tmp_path, RUNS), {}), {})

    written(tmp_path, RUNS + "session: {limit: 2}\nlog: {level: debug}\nserver: {admin: {address: '127.0.0.1:9001'}}\n")
    plan = live.reload()

    assert plan.changed_keys == ("server.admin.address", "session.limit", "log.level")
    assert plan.restart_keys == ("server.admin.address",)
    assert live.current.config.session.limit == 2


def test_bad_file_changes_nothing_and_names_all_mistakes(tmp_path: Path) -> None:
    live = LiveConfig(load(written(tmp_path, RUNS), {}), {})
    before = live.current

    written(tmp_path, RUNS + "session: {limit: 0}\nlog: {level: loud}\n")
    with pytest.raises(ConfigError) as caught:
        live.reload()

    assert len(caught.value.mistakes) == 2
    assert live.current is before


def test_file_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    live = LiveConfig(load(written(tmp_path, RUNS), {}), {})

    (tmp_path / "config.yaml").unlink()

    with pytest.raises(ConfigError):
        live.reload()
    assert live.current.config.service.environment == "staging"


def test_same_file_is_no_change(tmp_path: Path) -> None:
    live = LiveConfig(load(written(tmp_path, RUNS), {}), {})

    assert live.reload().changed_keys == ()


def test_reload_keeps_overrides(tmp_path: Path) -> None:
    first = load(written(tmp_path, RUNS), {}, overrides={"session.limit": 7})

    again = reload(first, {})

    assert again.config.session.limit == 7
    assert again.sources["session.limit"] == "broker dev"


def test_configuration_made_in_code_reloads_as_it_is() -> None:
    first = loaded()

    assert reload(first, {}) is first


def test_everything_that_is_bound_once_needs_a_restart() -> None:
    changes = {
        "service.emulator_address": "127.0.0.1:9400",
        "server.public.address": "127.0.0.1:9000",
        "database.url": "sqlite:///other.db",
        "database.pool.max": 20,
        "secrets.keys": [SECRET],
        "third_party.allowed_redirect_urls": ["https://app.example.com/**"],
    }

    plan = compare(loaded().config, loaded(changes).config)

    assert set(plan.changed_keys) == set(changes)
    assert set(plan.restart_keys) == {key for key in changes if not key.startswith(("secrets", "third_party"))}


def test_custom_provider_that_comes_or_goes_is_a_change() -> None:
    more = loaded({"third_party.custom_providers": {"acme": {"display_name": "Acme"}}}).config

    for plan in (compare(loaded().config, more), compare(more, loaded().config)):
        assert "third_party.custom_providers.acme.display_name" in plan.changed_keys
        assert plan.restart_keys == ()


def test_changed_secret_is_a_change_that_shows_nothing() -> None:
    base = {**BASE, "third_party.providers.microsoft.client_id": CLIENT_ID}
    key = "third_party.providers.microsoft.secret"

    plan = compare(loaded({key: "one"}, base=base).config, loaded({key: "two"}, base=base).config)

    assert plan.changed_keys == (key,)
    assert "one" not in repr(plan)


def test_watch_reports_a_changed_secret_file_once(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(SECRET)
    watch = SecretWatch(load(written(tmp_path, RUNS + "secrets: {keys: [{file: key}]}\n"), {}))
    assert watch.changed() == ()

    file.write_text(SECRET + "-newer")
    assert watch.changed() == (file,)
    assert watch.changed() == ()

    file.unlink()
    assert watch.changed() == ()
    file.write_text("back again, and long enough to be used")
    os.utime(file, ns=(1, 1))
    assert watch.changed() == (file,)


def test_overrides_win_and_hide_what_stands_below_them(tmp_path: Path) -> None:
    text = (
        "service: {environment: production, public_url: nonsense}\n"
        "third_party:\n  error_redirect_url: https://app.example.com/\n"
        "  providers: {microsoft: {client_id: '${NOT_SET}', tenannt: x}}\n"
    )
    overrides = {
        "service": {"environment": "staging", "public_url": "http://localhost:8000"},
        "third_party.providers": {"microsoft": {"tenant": "organizations"}},
        "database.url": "sqlite:///dev.db",
    }
    environ = {"BROKER_DATABASE__URL": "sqlite:///other.db", "BROKER_SESSION__LIMIT": "2"}

    found = load(written(tmp_path, text), environ, overrides=overrides)

    assert found.config.emulator_stands_in
    assert found.config.third_party.providers.microsoft.tenant == "organizations"
    assert found.config.database.url.reveal() == "sqlite:///dev.db"
    assert found.config.session.limit == 2
    assert found.sources["database.url"] == "broker dev"
    assert found.sources["third_party.error_redirect_url"].endswith("config.yaml:3")
