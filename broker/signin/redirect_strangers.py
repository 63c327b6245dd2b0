"""Whom a pattern lets in beside its owner: hosts that anybody can register.

Nothing is refused here. A pattern that ends at a public suffix (`*.vercel.app`) may be meant, in a test installation;
its author is to read at start-up what it says. The names are those of the Public Suffix List, as the package of that
name ships it.
"""

import re
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

import publicsuffixlist

# Four parts of digits and `*`, at least one digit: IPv4 addresses are meant, not hosts whose names look like them.
ADDRESS_PATTERN: Final = re.compile(r"(?=.*[0-9])(?:[0-9]+\*?|\*[0-9]*)(?:\.(?:[0-9]+\*?|\*[0-9]*)){3}")


def strangers_admitted(host_pattern: str) -> str | None:
    """Say in a few words which strangers a host pattern with wildcards admits, `None` if only its owner's hosts."""
    labels = host_pattern.split(".")
    if ADDRESS_PATTERN.fullmatch(host_pattern):
        return None if _is_private_network(labels) else "hosts on a public network"
    last_wild = max(place for place, label in enumerate(labels) if "*" in label)
    suffix = ".".join(labels[last_wild + 1 :])
    if not suffix:
        return "hosts of any owner"
    if _suffixes().publicsuffix(suffix) == suffix:
        return f"hosts of anyone who registers a name under {suffix}"
    if (last_wild >= 1 or "**" in host_pattern) and (nested := _public_suffix_below(suffix)):
        return f"hosts of anyone who registers a name under {nested}"
    return None


def _is_private_network(labels: list[str]) -> bool:
    """Whether the lowest and the highest address that the labels may mean lie in a private network."""
    bounds = (".".join(bound if "*" in label else label for label in labels) for bound in ("0", "255"))
    return all(IPv4Address(address).is_private for address in bounds)


def admits_registrable_hosts(behind: str) -> bool:
    """Whether `*.` before this name means hosts that anybody can register, or names below which anybody can."""
    return bool(_suffixes().is_public(behind) or _suffixes().is_public(f"x.{behind}"))


@cache
def _suffixes() -> publicsuffixlist.PublicSuffixList:
    return publicsuffixlist.PublicSuffixList()


@cache
def _rules() -> tuple[str, ...]:
    lines = Path(publicsuffixlist.PSLFILE).read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith(("//", "!")))


def _public_suffix_below(suffix: str) -> str | None:
    """A public suffix further down, as `s3.amazonaws.com` below `amazonaws.com`, which is none itself."""
    return next((rule for rule in _rules() if rule.endswith(f".{suffix}")), None)
