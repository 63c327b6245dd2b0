"""Files with something secret in them, and who else may read them."""

import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from broker.config.load import LoadedConfig
from broker.config.sections.credentials import CredentialSection
from broker.config.sections.database import DatabaseUrl
from broker.config.sections.secret import Secret
from broker.config.shape import Setting, settings
from broker.config.tree import dotted
from broker.doctor.examination import Examination
from broker.doctor.finding import Finding, note, ok


async def private_files(examination: Examination) -> AsyncIterator[Finding]:
    """Every file that somebody could take us over by: secrets, private keys, a configuration that holds secrets."""
    found = dict(_secret_files(examination))
    open_to_others = [(path, what) for path, what in found.items() if _is_open(path)]
    for path, what in open_to_others:
        yield note(f"{path} ({what}) can be read by others on this machine", f"chmod 600 {path}")
    if found and not open_to_others:
        yield ok(f"files with secrets: {len(found)}, which only their owner reads")


def _secret_files(examination: Examination) -> Iterator[tuple[Path, str]]:
    config, loaded = examination.config, examination.loaded
    for path in loaded.files:
        yield path, "a secret"
    for credential in config.third_party.providers.microsoft.all_credentials:
        if credential.kind == "certificate" and credential.file is not None:
            yield credential.file, "a private key"
    if config.server.public.tls.key is not None:
        yield config.server.public.tls.key, "a private key"
    if loaded.path is not None and any(_holds_secret(loaded, setting) for setting in settings(config)):
        yield loaded.path, "the configuration, with secrets in it"


def _holds_secret(loaded: LoadedConfig, setting: Setting) -> bool:
    """Whether this key's secret stands in the file itself."""
    values = setting.value if isinstance(setting.value, tuple) else (setting.value,)
    is_of_file = loaded.sources.get(dotted(setting.path), "").startswith(str(loaded.path))
    return is_of_file and any(map(_is_inline, values))


def _is_inline(value: object) -> bool:
    if isinstance(value, CredentialSection):
        return any(map(_is_inline, (value.value, value.password)))
    if isinstance(value, DatabaseUrl):
        return value.path is None and not value.is_sqlite
    return isinstance(value, Secret) and value.path is None


def _is_open(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except OSError:
        return False
