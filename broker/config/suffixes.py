"""Public suffixes: names below which strangers can register (`com`, `co.uk`, `vercel.app`).

The list is read only when a pattern or a cookie's domain needs it: it costs 30 ms.
"""

from functools import cache

from publicsuffixlist import PublicSuffixList


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def is_public_suffix(domain: str) -> bool:
    """Whether anybody can have a name directly below this one. A single unknown label counts as one."""
    return bool(_suffixes().is_public(domain))


def registrable_domain(host: str) -> str:
    """The name that somebody registered, and that makes hosts one site; of an address or a bare name, itself."""
    is_address = ":" in host or host.replace(".", "").isdigit()
    return host if is_address else _suffixes().privatesuffix(host) or host


def admits_strangers(host_pattern: str) -> bool:
    """Whether a host with `*` in some labels would take a host that a stranger can register."""
    labels = host_pattern.split(".")
    wild = [index for index, label in enumerate(labels) if "*" in label]
    if not wild:
        return False
    fixed = ".".join(labels[wild[-1] + 1 :])
    return fixed != "localhost" and (not fixed or is_public_suffix(fixed))
