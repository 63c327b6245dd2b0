from pathlib import Path

import pytest

from broker.errors import ConfigError
from broker.store.postgres_url import read_postgres_url


def test_each_of_several_hosts_gets_a_url_of_its_own() -> None:
    address = read_postgres_url("postgresql://u:p%40ss@a.example:5433,b.example,[::1]:5434/broker?sslmode=require")
    assert address.dsns == (
        "postgresql://u:p%40ss@a.example:5433/broker?sslmode=require",
        "postgresql://u:p%40ss@b.example/broker?sslmode=require",
        "postgresql://u:p%40ss@[::1]:5434/broker?sslmode=require",
    )
    assert address.place == "a.example:5433, b.example, [::1]:5434"


def test_hosts_may_stand_in_the_parameters() -> None:
    address = read_postgres_url("postgresql://u@/broker?host=/run/a,/run/b&port=5432,5433")
    assert address.dsns == (
        "postgresql://u@/broker?host=%2Frun%2Fa&port=5432",
        "postgresql://u@/broker?host=%2Frun%2Fb&port=5433",
    )
    with pytest.raises(ConfigError, match="2 hosts and 3 ports"):
        read_postgres_url("postgresql://u@/broker?host=/run/a,/run/b&port=1,2,3")


def test_a_url_without_host_leaves_it_to_the_environment() -> None:
    address = read_postgres_url("postgresql:///broker")
    assert address.dsns == ("postgresql:///broker",)
    assert address.place == "the default host"


def test_parameters_that_only_libpq_knows_are_used_or_left_out() -> None:
    address = read_postgres_url(
        "postgresql://u@h/broker?connect_timeout=7&keepalives=1&channel_binding=prefer&application_name=ours"
    )
    assert address.dsns == ("postgresql://u@h/broker?application_name=ours",)
    assert address.connect_timeout == 7.0
    assert "application_name" not in address.server_settings
    assert read_postgres_url("postgresql://u@h/broker").server_settings["application_name"] == "broker"


@pytest.mark.parametrize(
    "parameter", ["channel_binding=require", "gssencmode=require", "require_auth=scram-sha-256", "hostaddr=192.0.2.1"]
)
def test_a_protection_that_we_cannot_give_is_refused_and_not_dropped(parameter: str) -> None:
    with pytest.raises(ConfigError, match=parameter.partition("=")[0]):
        read_postgres_url(f"postgresql://u@h/broker?{parameter}")


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.crt"):
        read_postgres_url(f"postgresql://u@h/broker?sslmode=verify-full&sslrootcert={tmp_path / 'missing.crt'}")


def test_the_roots_of_the_system_verify_the_name_too() -> None:
    address = read_postgres_url("postgresql://u@h/broker?sslmode=require&sslrootcert=system")
    assert address.dsns == ("postgresql://u@h/broker",)
    assert address.ssl_context is not None
    assert address.ssl_context.check_hostname


def test_prefer_standby_is_asked_of_all_hosts_together() -> None:
    address = read_postgres_url("postgresql://u@a,b/broker?target_session_attrs=prefer-standby")
    assert address.prefers_standby
    assert address.dsns == ("postgresql://u@a/broker", "postgresql://u@b/broker")
    assert not read_postgres_url("postgresql://u@a,b/broker?target_session_attrs=read-write").prefers_standby
