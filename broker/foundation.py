"""What every command stands on before a face is built: the checks of a configuration, its log, secrets and database.

`PARTS` is for the loader: what only the parts themselves can tell (a pattern that means nothing, a default that is not
admitted) is told together with everything else. The wiring builds the rest on this.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from broker.config.sections.config import Config
from broker.config.sections.log import LogSection
from broker.config.sections.section import Complaint, Parts
from broker.crypto import SecretKeys
from broker.errors import ConfigError, ConfigMistake
from broker.housekeeping import Retention
from broker.net.post_targets import PostTargets
from broker.registering import application_cookies, registered_urls
from broker.secret_file import read_or_create
from broker.sessions.templates.claims import mistakes, overwritten
from broker.signin.redirects import Allowlist, check_origin_pattern, check_pattern, parse_origin
from broker.store.base import Store
from broker.store.keys import signing_keys
from broker.store.migrate import migrate, require_current
from broker.store.open import check_url, open_store, sqlite_path
from broker.telemetry.logging import configure, get_logger


def set_up_logging(section: LogSection) -> None:
    """Log as configured, from the next line on."""
    configure(level=section.level, style=section.format, addresses=section.addresses)


async def open_database(config: Config, *, base_dir: Path) -> Store:
    """The open database, its schema up to date or found to be.

    Raises `StoreUnavailable`, `SchemaMismatch`, `ConfigError`.
    """
    store = await open_store(
        config.database.url.reveal(),
        pool_min=config.database.pool.min,
        pool_max=config.database.pool.max,
        base_dir=base_dir,
    )
    try:
        if config.database.migrate:
            await migrate(store)
        await require_current(store)
    except BaseException:
        await store.close()
        raise
    return store


async def secret_keys(config: Config, store: Store, *, base_dir: Path) -> SecretKeys:
    """The configured secrets, or the one that development keeps beside its database.

    Raises `ConfigError`, also where that one is gone and `store` has keys which only it opens; `StoreUnavailable`.
    """
    if config.secrets.keys:
        return SecretKeys([secret.reveal() for secret in config.secrets.keys])
    if not config.makes_secret_file:
        raise ConfigError([ConfigMistake(key="secrets.keys", message="is empty", hint="openssl rand -base64 32")])
    path = secret_file_of(config, base_dir=base_dir)
    async with store.read() as connection:
        has_keys = bool(await signing_keys(connection))
    # Asked in this order: whoever makes the keys at this moment has made the file before.
    if has_keys and not path.exists():
        message = f"is empty, and {path}, which opens the signing keys in {path.stem}, is not there"
        raise ConfigError([ConfigMistake(key="secrets.keys", message=message, hint="bring it back, or put it here")])
    secret, created = read_or_create(path)
    if created:
        get_logger().info("made a secret, since secrets.keys is empty", file=str(path))
    return SecretKeys([secret])


def secret_file_of(config: Config, *, base_dir: Path) -> Path:
    """Where a deployment on SQLite that names no secret keeps one of its own. Raises `ConfigError`."""
    database = sqlite_path(config.database.url.reveal(), base_dir=base_dir)
    return database.with_name(database.name + ".secret")


def retention_of(config: Config) -> Retention:
    """How long rows that have served their purpose are kept."""
    microsoft = config.third_party.providers.microsoft
    keeps_tokens = microsoft.return_provider_tokens or microsoft.recheck is not None
    return Retention(
        audit_seconds=config.audit_log.retention,
        idle_seconds=config.session.idle_timeout,
        keeps_tokens_of=frozenset({"microsoft"}) if keeps_tokens else frozenset(),
    )


def allowlist_of(config: Config) -> Allowlist:
    """The redirect allowlist of this configuration. Raises `ConfigError`."""
    return Allowlist(config.third_party.allowed_redirect_urls, own_origin=config.service.public_url)


def return_allowlist_of(config: Config) -> Allowlist:
    """Where somebody may end who signs out: wherever a sign-in may, and where a provider's own list says.

    Raises `ConfigError`.
    """
    microsoft = config.third_party.providers.microsoft
    further = microsoft.logout.redirects if microsoft.enabled else ()
    return Allowlist((*config.third_party.allowed_redirect_urls, *further), own_origin=config.service.public_url)


def _bare(check: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """The sentence without the entry that it begins with: a mistake names file, line and key."""

    def checked(text: str) -> str | None:
        sentence = check(text)
        return None if sentence is None else sentence.removeprefix(repr(text)).lstrip(": ")

    return checked


def own_origin(config: Config) -> Iterator[Complaint]:
    """We are one of the places that no sign-in may end at, so our own URL must be one that browsers read as we do."""
    try:
        parse_origin(config.service.public_url)
    except ConfigError as error:
        yield Complaint(key="service.public_url", message=f"cannot be where browsers reach us: {error.detail}")


def default_target(config: Config) -> Iterator[Complaint]:
    """The target that counts where none is asked for is asked about like any other."""
    default = config.third_party.default_redirect_url
    if default is None or any(own_origin(config)):
        return
    explained = allowlist_of(config).explain(default)
    if not explained.admitted:
        yield Complaint(
            key="third_party.default_redirect_url",
            message=f"must itself be allowed by allowed_redirect_urls: {explained.sentence}",
            reads=("third_party.allowed_redirect_urls", "service.public_url"),
        )


def database_url(config: Config) -> Iterator[Complaint]:
    """What can be told of a database without asking it."""
    try:
        check_url(config.database.url.reveal())
    except ConfigError as error:
        message = error.detail.removeprefix("database.url").lstrip(": ")
        yield Complaint(key="database.url", message=message)


def claim_templates(config: Config) -> Iterator[Complaint]:
    """Templates of claims that mean nothing."""
    for claim, message in mistakes(config.session.jwt_template.claims):
        yield Complaint(key=f"session.jwt_template.claims.{claim}", message=message)
    for claim in overwritten(config.session.jwt_template.claims):
        key, message = f"session.jwt_template.claims.{claim}", "is a claim of every session token: ours overwrites it"
        yield Complaint(key=key, message=message, notice=True)


def webhooks_in_reach(config: Config) -> Iterator[Complaint]:
    """A hook that would never be asked is a mistake, and no failure of every attempt."""
    targets = PostTargets(networks=config.webhook_networks)
    for key, url in _hook_urls(config):
        message = targets.complaint_about(url)
        if message is not None:
            yield Complaint(
                key=key,
                message=message,
                hint="or list its network in webhooks.allow_private",
                reads=("webhooks.allow_private", "service.public_url"),
            )


def _hook_urls(config: Config) -> Iterator[tuple[str, str]]:
    for index, hook in enumerate(config.webhooks.hooks):
        yield f"webhooks.hooks[{index}].callback", hook.callback
    for index, application in enumerate(config.workos.applications):
        for place, url in enumerate(application.webhook_urls):
            yield f"workos.applications[{index}].webhook_urls[{place}]", url


PARTS: Final = Parts(
    redirect_pattern=_bare(check_pattern),
    origin_pattern=_bare(check_origin_pattern),
    rules=(
        own_origin,
        default_target,
        registered_urls,
        application_cookies,
        database_url,
        webhooks_in_reach,
        claim_templates,
    ),
)
"""For the loader: what the parts can tell of their keys, so that it is told together with everything else."""
