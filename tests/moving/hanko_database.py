"""A Hanko database as its schema has it: made and filled here, read by what moves people in."""

import base64
import hashlib
import json
import os
from datetime import datetime
from uuid import UUID

import asyncpg  # type: ignore[import-untyped] # it brings no annotations
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRET = "a-secret-of-hanko-for-tests"
ISSUER = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"
SCHEMA = """
CREATE TABLE users (id uuid PRIMARY KEY, name varchar(255), given_name varchar(255), family_name varchar(255),
    picture text, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE emails (id uuid PRIMARY KEY, user_id uuid REFERENCES users ON DELETE CASCADE, address varchar(255) UNIQUE,
    verified boolean NOT NULL, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE primary_emails (id uuid PRIMARY KEY, email_id uuid UNIQUE REFERENCES emails ON DELETE RESTRICT,
    user_id uuid UNIQUE REFERENCES users ON DELETE CASCADE, created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL);
CREATE TABLE identities (id uuid PRIMARY KEY, provider_id varchar(255) NOT NULL, provider_user_id varchar(255) NOT NULL,
    data text, email_id uuid REFERENCES emails ON DELETE CASCADE, user_id uuid REFERENCES users ON DELETE CASCADE,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL, UNIQUE (provider_user_id, provider_id));
CREATE TABLE user_metadata (id uuid PRIMARY KEY, user_id uuid UNIQUE REFERENCES users ON DELETE CASCADE,
    public_metadata varchar(3000), private_metadata varchar(3000), unsafe_metadata varchar(3000),
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE jwks (id serial PRIMARY KEY, key_data text NOT NULL, created_at timestamp NOT NULL);
"""
WHEN = datetime(2025, 3, 4, 5, 6, 7, 123000)  # noqa: DTZ001 - Hanko's columns have no zone and mean UTC
_DATES = (WHEN, WHEN)


def an_id(kind: int, number: int) -> UUID:
    """Ids that tell what they are of."""
    return UUID(f"{kind:08}-0000-4000-8000-{number:012}")


async def fill(url: str, *, people: int = 3) -> dict[str, str]:
    """Make the tables and so many people, each with an address and an identity at Microsoft; answers the key's JWK."""
    numbers = range(1, people + 1)
    jwk = a_jwk()
    rows: dict[str, list[tuple[object, ...]]] = {
        "users": [(an_id(1, n), f"Person {n}", "P", None, None, *_DATES) for n in numbers],
        "emails": [(an_id(2, n), an_id(1, n), f"person{n}@alder.example", True, *_DATES) for n in numbers],
        "primary_emails": [(an_id(3, n), an_id(2, n), an_id(1, n), *_DATES) for n in numbers],
        "identities": [
            (an_id(4, n), "microsoft", f"subject-{n}", _claims(n), an_id(2, n), an_id(1, n), *_DATES) for n in numbers
        ],
        "user_metadata": [(an_id(5, 1), an_id(1, 1), '{"role":"admin"}', None, None, *_DATES)],
        "jwks": [(1, sealed(json.dumps(jwk), SECRET), WHEN)],
    }
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(SCHEMA)
        for table, records in rows.items():
            await connection.copy_records_to_table(table, records=records)
    finally:
        await connection.close()
    return jwk


def _claims(number: int) -> str:
    return json.dumps({"iss": ISSUER, "sub": f"subject-{number}"})


def sealed(text: str, secret: str) -> str:
    """As Hanko seals a key: base64url of nonce, ciphertext and tag."""
    nonce = os.urandom(12)
    cipher = AESGCM(hashlib.sha256(secret.encode()).digest())
    return base64.urlsafe_b64encode(nonce + cipher.encrypt(nonce, text.encode(), None)).decode()


def a_jwk() -> dict[str, str]:
    """A private key as Hanko keeps it; shorter than Hanko's, which takes seconds to make."""
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_numbers()
    parts = {
        "n": numbers.public_numbers.n, "e": numbers.public_numbers.e, "d": numbers.d, "p": numbers.p, "q": numbers.q,
        "dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp,
    }  # fmt: skip
    spelled = {name: _base64url(value) for name, value in parts.items()}
    return {**spelled, "kid": "b2f7c6de-0000-4000-8000-000000000001", "kty": "RSA", "alg": "RS256", "use": "sig"}


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).rstrip(b"=").decode()
