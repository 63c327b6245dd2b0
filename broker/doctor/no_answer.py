"""Why somebody did not answer, in words that tell whom to ask: the name, the network, the certificate, the service."""

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from broker.doctor.finding import Finding, unreachable
from broker.errors import UpstreamUnavailable
from broker.net.addresses import AddressRefused

# OpenSSL's names of what it found (X509_V_ERR_…), as far as an operator can do something about each.
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
_EXPIRED = 10
_NOT_YET_VALID = 9
_OTHER_HOST = frozenset({62, 64})


def no_answer(error: UpstreamUnavailable, *, url: str, ca_file_key: str) -> Finding:
    """The finding for somebody at `url` who could not be asked; `ca_file_key` is what says whom we believe there."""
    parts = urlsplit(url)
    host = parts.netloc
    causes = list(_causes(error))
    for cause in causes:
        # The HTTP library's own error passes for one of these, without saying what was found.
        if isinstance(cause, ssl.SSLCertVerificationError) and hasattr(cause, "verify_code"):
            return _certificate(cause, host=host, ca_file_key=ca_file_key)
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return unreachable(f"{host} speaks no TLS that we do", "is a proxy between that speaks for it?")
        if isinstance(cause, socket.gaierror):
            return unreachable(f"the name {parts.hostname} is not known here", "look at the spelling, and at DNS here")
        if isinstance(cause, TimeoutError):
            return unreachable(f"{host} does not answer in time", "does a firewall keep this machine from reaching it?")
        if isinstance(cause, AddressRefused):
            return unreachable(f"{host} is not asked: {cause.strerror}", "look at the URL that the configuration names")
        if isinstance(cause, ConnectionRefusedError):
            return unreachable(f"nobody listens at {host}", "is it running? is the port right?")
    if error.retry_after is not None:
        return unreachable(f"{host} wants to be left alone for {error.retry_after} s", "try again then")
    if error.__cause__ is not None and not isinstance(error.__cause__, OSError):
        # The HTTP library's errors quote what was sent.
        says = f"{host} gives no answer that can be read"
        return unreachable(says, "try again; does something between (a proxy, a firewall) answer in its place?")
    return unreachable(f"{host} cannot be asked: {error.detail}", "try again; look at the network between")


def _certificate(error: ssl.SSLCertVerificationError, *, host: str, ca_file_key: str) -> Finding:
    code = error.verify_code
    if code in _UNKNOWN_AUTHORITY:
        says = f"the certificate of {host} is signed by nobody whom we know"
        return unreachable(says, f"name the PEM file of its certificate authority in {ca_file_key}")
    if code in _OTHER_HOST:
        return unreachable(f"the certificate of {host} is for another host", "does something between answer for it?")
    if code in (_EXPIRED, _NOT_YET_VALID):
        says = f"the certificate of {host} is not valid today"
        return unreachable(says, "look at the clock of this machine, then ask whoever runs that host")
    return unreachable(f"the certificate of {host} is not good: {error.verify_message}", f"look at {ca_file_key}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, the nearest first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
