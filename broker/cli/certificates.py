"""The certificate that a listener serves: a renewed one is taken while it runs, without a restart.

A handshake is given the newest pair that fitted; a pair that does not fit changes nothing (RFC 6066 section 3 brings
the name that was asked for, and with or without one this is where a server may still choose its certificate).
"""

import os
import ssl
from pathlib import Path

from broker.errors import ConfigError, ConfigMistake


def certificate_mistake(certificate: Path, private_key: Path) -> str | None:
    """What keeps these two files from serving https, in one sentence; `None` when they are good."""
    try:
        _context(certificate, private_key)
    except ssl.SSLError as error:
        reason = (error.reason or "not PEM").replace("_", " ").lower()
        return f"cannot be used with its key ({reason}); both are PEM, the key without a password"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None


class ServedCertificate:
    """A certificate chain and its key, both PEM; one file may hold both. `key` is the configuration's, for mistakes."""

    def __init__(self, certificate: Path, private_key: Path, *, key: str = "server.public.tls.cert") -> None:
        """Raises `ConfigError` for files that cannot be used."""
        self._files = (certificate, private_key)
        self._key = key
        self._stamps = self._stamped()
        self._current = self.read()

    def listening_context(self) -> ssl.SSLContext:
        """The context to listen with, which gives every handshake the newest certificate."""
        context = _context(*self._files)

        def choose(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = self._current

        context.sni_callback = choose
        return context

    def changed(self) -> bool:
        """Whether the files are others than when this was last asked."""
        before, self._stamps = self._stamps, self._stamped()
        return before != self._stamps

    def read(self) -> ssl.SSLContext:
        """What the files hold now, not yet served. Raises `ConfigError` for files that cannot be used."""
        mistake = certificate_mistake(*self._files)
        if mistake is not None:
            raise ConfigError([ConfigMistake(key=self._key, message=mistake)])
        return _context(*self._files)

    def take(self, read: ssl.SSLContext) -> None:
        """Serve what was read, from the next handshake on."""
        self._current = read

    def _stamped(self) -> list[tuple[int, int, int] | None]:
        return [_stamp(path) for path in self._files]


def _context(certificate: Path, private_key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # An empty password, or OpenSSL would ask the terminal for one.
    context.load_cert_chain(certificate, private_key, password="")
    return context


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
