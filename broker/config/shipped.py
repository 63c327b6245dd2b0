"""The `config.yaml` that comes with the program: its documentation, and a configuration that runs as it is."""

from pathlib import Path


def default_config_path() -> Path:
    """Beside this module in a wheel, at the top of the project in a checkout."""
    here = Path(__file__).resolve().parent
    packed = here / "config.yaml"
    return packed if packed.is_file() else here.parents[1] / "config.yaml"


def default_config_text() -> str:
    """The file's text."""
    return default_config_path().read_text(encoding="utf-8")
