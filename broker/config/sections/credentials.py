"""A provider's `credentials`: how we prove who we are. Ordered; the next is tried where the provider refuses one."""

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ValidationInfo, model_validator
from pydantic.dataclasses import dataclass

from broker.clock import Clock, SystemClock
from broker.config.sections.certificate_file import CertificateUnfit, CertificateWithKey, read_certificate
from broker.config.sections.files import ExistingFile
from broker.config.sections.secret import Secret
from broker.config.sections.section import SECTION, Complaint, Section, Unfit, context_of

GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
TOKEN_FILE_VARIABLE: Final = "AZURE_FEDERATED_TOKEN_FILE"  # noqa: S105  the variable that Kubernetes' webhook sets
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_OWN_KEYS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "secret": frozenset({"value", "expires_on"}),
        "certificate": frozenset({"file", "password"}),
        "federated_file": frozenset({"file", "env"}),
        "managed_identity": frozenset({"identity_client_id"}),
    }
)
_KEYS_OF_KINDS: Final = ("value", "expires_on", "file", "password", "env", "identity_client_id")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise Unfit("must be letters, digits, '.', '_' and '-', at most 64", "it names the credential in logs")
    return text


def _variable(text: str) -> str:
    if not _VARIABLE.fullmatch(text):
        raise Unfit("is no name of a variable", f"for example {TOKEN_FILE_VARIABLE}")
    return text


def _guid(text: str) -> str:
    if not GUID.fullmatch(text):
        raise Unfit("is no GUID", "use the client id of the user-assigned managed identity")
    return text.lower()


@dataclass(frozen=True, kw_only=True, config=SECTION)
class CredentialSection(Section):
    """One of: `{kind: secret, value: …, expires_on: …}`, its value also as `{file: PATH}` or `file: PATH` beside `kind`
    · `{kind: certificate, file: PATH, password: …}` · `{kind: federated_file, file: PATH}`, or `env: NAME` of the
    variable that holds the path · `{kind: managed_identity, identity_client_id: GUID}`. Each may have an `id`."""

    kind: Literal["secret", "certificate", "federated_file", "managed_identity"] = "secret"
    value: Secret | None = None
    file: ExistingFile | None = None
    id: Annotated[str, AfterValidator(_name)] | None = None
    expires_on: datetime.date | None = None
    password: Secret | None = None
    env: Annotated[str, AfterValidator(_variable)] | None = None
    identity_client_id: Annotated[str, AfterValidator(_guid)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _file_of_a_secret(cls, unverified: Any) -> Any:
        """`{kind: secret, file: PATH}` is `{kind: secret, value: {file: PATH}}`."""
        if not isinstance(unverified, dict) or unverified.get("kind", "secret") != "secret":
            return unverified
        if "file" not in unverified or "value" in unverified:
            return unverified
        moved = {key: value for key, value in unverified.items() if key != "file"}
        return moved | {"value": {"file": unverified["file"]}}

    @model_validator(mode="before")
    @classmethod
    def _variable_is_set(cls, unverified: Any, info: ValidationInfo) -> Any:
        """Without `file`, the environment has to say where the token is."""
        environ = context_of(info.context, "environ")
        if environ is None or not isinstance(unverified, dict) or unverified.get("kind") != "federated_file":
            return unverified
        variable = unverified.get("env") or TOKEN_FILE_VARIABLE
        if unverified.get("file") is None and isinstance(variable, str) and not environ.get(variable):
            raise Unfit(f"has no file, and the environment has no {variable[:64]}", "file: PATH, or env: NAME")
        return unverified

    def complaints(self) -> Iterator[Complaint]:
        """What a kind needs, and nothing of the other kinds."""
        own = _OWN_KEYS[self.kind]
        for key in _KEYS_OF_KINDS:
            if key not in own and getattr(self, key) is not None:
                yield Complaint(key=key, message=f"is not for kind: {self.kind}", reads=("kind",))
        if self.kind == "secret" and self.value is None:
            yield Complaint(key="value", message="is missing", hint="value: …, or value: {file: PATH}", reads=("kind",))
        elif self.kind == "secret" and self.value is not None:
            yield from secret_complaints(self.value, key="value")
        elif self.kind == "certificate":
            yield from self._certificate_complaints()
        elif self.kind == "federated_file" and self.file is not None and self.env is not None:
            yield Complaint(key="env", message="is given beside file", hint="use one", reads=("file",))

    def certificate(self) -> CertificateWithKey:
        """The certificate as its file has it now. Raises `CertificateUnfit`."""
        if self.file is None:
            raise CertificateUnfit("is missing", "PEM with key and certificate in one file, or PFX")
        return read_certificate(self.file, self.password.reveal() if self.password is not None else None)

    def _certificate_complaints(self) -> Iterator[Complaint]:
        try:
            self.certificate()
        except CertificateUnfit as unfit:
            yield Complaint(key=unfit.key, message=str(unfit), hint=unfit.hint, reads=("file", "password"))


def secret_complaints(secret: Secret, *, key: str) -> Iterator[Complaint]:
    """The mistake everybody makes once: Microsoft shows a secret's id beside its value."""
    if GUID.fullmatch(secret.reveal()):
        yield Complaint(
            key=key,
            message="is a GUID, so it looks like the secret's ID",
            hint="use the secret's value: Microsoft shows it once, when the secret is made",
        )


def credential_ids(sections: Sequence[CredentialSection]) -> list[str]:
    """What each is called in logs and metrics: its `id`, or its kind and place."""
    return [section.id or f"{section.kind}-{place}" for place, section in enumerate(sections, start=1)]


def list_complaints(sections: Sequence[CredentialSection], *, clock: Clock | None = None) -> Iterator[Complaint]:
    """What is wrong between the credentials of one list."""
    ids = credential_ids(sections)
    for place, name in enumerate(ids):
        if name in ids[:place]:
            yield Complaint(key=f"credentials[{place}].id", message="is used twice", hint="each needs one of its own")
    now = (clock or SystemClock()).now()
    expired = [place for place, section in enumerate(sections) if _is_expired(section, now)]
    for place in expired:
        alone = len(expired) == len(sections)
        key = f"credentials[{place}].file"
        yield Complaint(key=key, message="holds a certificate that has expired", notice=not alone)


def _is_expired(section: CredentialSection, now: int) -> bool:
    if section.kind != "certificate":
        return False
    try:
        return section.certificate().not_after <= now
    except CertificateUnfit:
        return False  # is complained about where it stands
