"""A code that passed every check, with what must fit the tokens that it brings: derived again, not remembered."""

from broker.crypto import SecretKeys
from broker.errors import SignInExpired
from broker.models.signins import CodeGrant, SignIn
from broker.signin.start import nonce_of, verifier_of


def code_grant(sign_in: SignIn, code: str, secrets: SecretKeys) -> CodeGrant:
    """What the provider is sent, and must answer. Raises `SignInExpired` where the sign-in's secret is gone."""
    try:
        nonce, verifier = nonce_of(sign_in, secrets), verifier_of(sign_in, secrets)
    except KeyError as error:
        raise SignInExpired("the secret of this sign-in is no longer configured") from error
    return CodeGrant(
        code=code,
        nonce=nonce,
        code_verifier=verifier,
        max_age=sign_in.max_age,
        wants_tokens=sign_in.wants_tokens,
    )
