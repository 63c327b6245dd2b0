"""The database: there, of this program's schema, and its signing keys open with the secrets that are configured."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence

from broker.crypto import SecretKeys
from broker.doctor.examination import Examination, is_missing
from broker.doctor.finding import Finding, note, ok, problem, unreachable
from broker.errors import BrokerError, ConfigError, SealBroken, StoreUnavailable
from broker.foundation import secret_file_of
from broker.models.keys import SigningKey
from broker.secret_file import read_or_create
from broker.sessions.keyring import SEAL_PURPOSE, place
from broker.store import keys as key_rows
from broker.store.migrate import MigrationStatus, status


async def database(examination: Examination) -> AsyncIterator[Finding]:
    """Whether it answers, and whether its schema is ours. One that is not is not read by the checks that follow."""
    if examination.store is None and examination.store_fault is None:
        yield note(
            f"there is no database yet at {examination.database_file}", "broker serve makes it, or broker migrate"
        )
        return
    if examination.store is not None:
        try:
            found = await status(examination.store)
        except BrokerError as error:
            examination.store_fault = error
        else:
            examination.has_tables = not found.pending and not found.unknown
            yield _schema(found, migrates=examination.config.database.migrate)
            return
    fault = examination.store_fault
    says = f"the database cannot be read: {fault.detail if fault is not None else ''}"
    remedy = "look at database.url, and at whoever runs the database"
    yield unreachable(says, remedy) if isinstance(fault, StoreUnavailable) else problem(says, remedy)


async def secrets(examination: Examination) -> AsyncIterator[Finding]:
    """The ids of our secrets, and whether they open the keys that sign sessions."""
    try:
        known = _secrets(examination)
    except ConfigError as error:
        yield problem(error.detail, "mend that file, or put a secret into secrets.keys")
        return
    if known is not None:
        yield ok(f"the secret {known.newest_id} seals and signs; all that open: {', '.join(known.ids)}")
    if examination.store is None or not examination.has_tables:
        return
    async with examination.store.read() as connection:
        rows = await key_rows.signing_keys(connection)
    yield _keys(rows, known)


def _schema(found: MigrationStatus, *, migrates: bool) -> Finding:
    if found.unknown:
        says = f"the database is newer than this program: it has {found.unknown[-1]}"
        return problem(says, "run the program's newer version")
    if found.pending and migrates:
        says = f"the database lacks {len(found.pending)} migrations"
        return note(says, "the next start of broker serve applies them, or broker migrate")
    if found.pending:
        says = f"the database lacks {len(found.pending)} migrations, and database.migrate is false"
        return problem(says, "broker migrate")
    return ok(f"the database answers, and has all {len(found.applied)} migrations")


def _keys(rows: Sequence[SigningKey], known: SecretKeys | None) -> Finding:
    if not rows:
        return note("there are no signing keys yet", "broker serve makes them")
    if known is None:
        return problem("there are signing keys, and no secret that opens them", "bring the secret back: secrets.keys")
    needed: Counter[str] = Counter()
    for row in rows:
        try:
            known.open(row.sealed_private, purpose=SEAL_PURPOSE, place=place(row.kid))
        except SealBroken as error:
            needed[error.secret_id] += 1
    if needed:
        altered = set(needed) & set(known.ids)
        if altered:
            return problem(
                "a signing key was altered in the database", "restore it, or make new ones: broker keys rotate"
            )
        says = f"{sum(needed.values())} of {len(rows)} signing keys are sealed by a secret that is not configured"
        return problem(says, f"put the secret with the id {', '.join(sorted(needed))} back into secrets.keys")
    states = Counter(row.state for row in rows)
    if not (states["current"] and states["next"]):
        return problem("there is no current or no next signing key", "broker keys list makes what is missing")
    return ok(f"{len(rows)} signing keys, {states['retired']} of them retired, and our secrets open all of them")


def _secrets(examination: Examination) -> SecretKeys | None:
    """The configured secrets, or the one that is kept beside the database; nothing is made here."""
    config = examination.config
    if config.secrets.keys:
        return SecretKeys([secret.reveal() for secret in config.secrets.keys])
    path = secret_file_of(config, base_dir=examination.loaded.base_dir)
    if is_missing(path):
        return None
    secret, _ = read_or_create(path)
    return SecretKeys([secret])
