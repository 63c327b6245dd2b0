"""The one spelling of an address (RFC 5321, RFC 5891), so that two spellings of one mailbox are never two accounts.

And the reverse, which is worse: letters that only look alike, or that Unicode folds onto ASCII (the Kelvin sign, the
dotless i), must never make a stranger's address equal to somebody's. What cannot be spelled safely is no address.
"""

import re
import unicodedata

import idna

MAX_OCTETS = 254
MAX_DOMAIN_CHARACTERS = 253
_TO_LOWER = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})
_ASCII_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# Only a quoted local part may hold these, and quoting is a second way to write an address that exists unquoted.
_REFUSED_IN_LOCAL = frozenset('"(),:;<>[]\\')


def canonical_address(unverified_address: object) -> str | None:
    """The canonical spelling, or None if this is no address that we take.

    At most 254 octets, exactly one `@`, no control, format or white-space character, no trailing dot. The domain
    becomes ASCII (IDNA 2008) in lower case, in the local part only the ASCII letters do. Dots and plus tags stay:
    what they mean is the mail server's affair.
    """
    if not isinstance(unverified_address, str) or not _fits(unverified_address):
        return None
    local, _, domain = unverified_address.partition("@")
    if not local or "@" in domain or not _REFUSED_IN_LOCAL.isdisjoint(local):
        return None
    # Z: separators. C: controls, zero-width and direction marks, surrogates, what Unicode has not assigned.
    if any(unicodedata.category(char)[0] in "CZ" for char in local):
        return None
    ascii_domain = _ascii_domain(domain)
    if ascii_domain is None:
        return None
    address = f"{local.translate(_TO_LOWER)}@{ascii_domain}"
    return address if _fits(address) else None


def canonical_domain(unverified_domain: object) -> str | None:
    """The same for a domain alone, which has two labels at least; None if this is none."""
    if not isinstance(unverified_domain, str) or not _fits(unverified_domain) or "." not in unverified_domain:
        return None
    return _ascii_domain(unverified_domain)


def is_ascii_local(address: str) -> bool:
    """Whether the local part is ASCII: only such a one can be verified, for others have more than one spelling."""
    return address.partition("@")[0].isascii()


def _fits(text: str) -> bool:
    return len(text) <= MAX_OCTETS and len(text.encode("utf-8", "surrogatepass")) <= MAX_OCTETS


def _ascii_domain(domain: str) -> str | None:
    labels = [_ascii_label(label) for label in domain.split(".")]
    found = [label for label in labels if label is not None]
    ascii_domain = ".".join(found)
    # An empty label stands for a leading, doubled or trailing dot.
    return ascii_domain if len(found) == len(labels) and len(ascii_domain) <= MAX_DOMAIN_CHARACTERS else None


def _ascii_label(label: str) -> str | None:
    lowered = label.translate(_TO_LOWER)
    try:
        if not lowered.isascii():
            encoded = idna.alabel(idna.uts46_remap(lowered, std3_rules=True)).decode("ascii")
            # A label of other letters that comes out as plain ASCII was a disguise.
            return encoded if encoded.startswith("xn--") else None
        if _ASCII_LABEL.fullmatch(lowered) is None:
            return None
        if lowered.startswith("xn--") and idna.alabel(idna.ulabel(lowered)).decode("ascii") != lowered:
            return None
    except (idna.IDNAError, UnicodeError):
        return None
    return lowered
