"""The configurations that people are told to start from load as they stand, with the image's own environment."""

import re
from pathlib import Path

from ruamel.yaml import YAML

from broker.config.load import LoadedConfig, load

ROOT = Path(__file__).parents[2]
SECRETS = {
    "broker_key": "k" * 64,
    "microsoft_secret": "abc8Q~not-a-real-secret-value-1234567890",
    "database_url": "postgresql://broker:password@postgres:5432/broker",
}


def loaded(text: str, folder: Path, environment: dict[str, str]) -> LoadedConfig:
    """Load a configuration whose secret files lie in `folder` and not where containers have them."""
    for name, value in SECRETS.items():
        (folder / name).write_text(value + "\n")
    path = folder / "config.yaml"
    path.write_text(text.replace("/run/secrets/", f"{folder}/"))
    moved = {name: value.replace("/run/secrets/", f"{folder}/") for name, value in environment.items()}
    return load(path, moved)


def image_environment() -> dict[str, str]:
    """What the Dockerfile sets for the broker; `BROKER_CONFIG` is the command line's."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    return dict(re.findall(r"^(?:ENV| ) +(BROKER_\w+__\w+)=(\S+)", text, re.MULTILINE))


def test_example_of_the_readme_loads_as_production(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    example = readme.partition("<!-- test: config -->\n```yaml\n")[2].partition("\n```")[0]
    config = loaded(example, tmp_path, {}).config
    assert config.service.is_production
    assert config.third_party.error_redirect_url == "https://app.example.com/"


def test_compose_file_image_and_configuration_fit_together(tmp_path: Path) -> None:
    compose = YAML(typ="safe").load(ROOT / "deploy" / "compose.yaml")
    service = compose["services"]["broker"]
    environment = {**image_environment(), **service["environment"]}
    assert set(service["secrets"]) == set(SECRETS)
    assert set(compose["secrets"]) >= set(service["secrets"])
    loading = loaded((ROOT / "deploy" / "config.yaml").read_text("utf-8"), tmp_path, environment)
    config = loading.config
    assert config.service.is_production
    assert str(config.server.public.address) == "0.0.0.0:8000"
    assert config.server.admin.address.is_loopback
    assert "/run/secrets" not in str(loading.files)


def test_image_runs_without_root_where_it_says_that_it_listens() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    last_stage = dockerfile.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001", last_stage, re.MULTILINE)
    port = image_environment()["BROKER_SERVER__PUBLIC__ADDRESS"].rpartition(":")[2]
    assert f"EXPOSE {port}" in last_stage
    assert image_environment()["BROKER_SERVICE__ENVIRONMENT"] == "production"
