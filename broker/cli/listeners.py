"""Listening: sockets bound first, so that a taken port is one clear sentence; uvicorn behind them; a calm end.

SIGINT ends at once. SIGTERM drains: readiness says no, but for the grace period everything that arrives is still
answered, since people who are at Microsoft's page this moment come back to a callback here. A second one ends at once.
SIGHUP reloads where there is something to reload; elsewhere it ends us, as the terminal that it comes from has ended.
"""

import asyncio
import errno
import signal
import socket
import stat
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from broker.cli.bounded_http import BoundedHttp
from broker.cli.certificates import ServedCertificate
from broker.config.sections.address import Address

BACKLOG = 2048
FINISH_SECONDS = 10
"""How long a request that is being answered may take once we stop listening."""
SAME_ORDER_SECONDS = 0.2
"""A service manager that signals all processes of a group reaches a worker twice, by itself and through its parent."""


class AddressTaken(Exception):
    """An address that we cannot listen on; the text is for the person who started us."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """An app and the socket it is served on. `lifespan` for apps that have one."""

    app: ASGIApp
    listening: socket.socket
    lifespan: bool = False
    most_connections: int = 256
    certificate: ServedCertificate | None = None


def bind(address: Address, *, what: str, choose: str) -> socket.socket:
    """A listening socket. Raises `AddressTaken`; `choose` says how to pick another address."""
    try:
        found = _bound(address) if address.unix_path is None else _bound_path(address.unix_path)
    except OSError as error:
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror or error})"
        raise AddressTaken(f"{what}: {address} {reason}; {choose}") from error
    found.setblocking(False)
    return found


def _bound(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # The protocol is named, or asyncio leaves TCP_NODELAY off and an answer in two parts waits 40 ms.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((address.host, address.port))
        found.listen(BACKLOG)
    except OSError:
        found.close()
        raise
    return found


def _bound_path(path: Path) -> socket.socket:
    _clear_away(path)
    found = socket.socket(socket.AF_UNIX)
    try:
        found.bind(str(path))
        found.listen(BACKLOG)
    except OSError:
        found.close()
        raise
    return found


def _clear_away(path: Path) -> None:
    """A socket that nobody answers at was left by a server that was killed. Anything else stays, and is in the way."""
    if not path.exists() or not stat.S_ISSOCK(path.stat().st_mode):
        return
    with socket.socket(socket.AF_UNIX) as caller:
        caller.setblocking(False)  # one who has too many callers to take another is alive
        try:
            caller.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except OSError:
            return


@dataclass(frozen=True, kw_only=True)
class Signals:
    """What to do while running: `reload` on SIGHUP; `drain` on SIGTERM, which says how many seconds of grace begin."""

    reload: Callable[[], Awaitable[None]] | None = None
    drain: Callable[[], int] | None = None


async def serve(listeners: Sequence[Listener], signals: Signals, *, ready: Callable[[], Awaitable[None]]) -> None:
    """Serve until told to stop; `ready` is called once everything listens."""
    servers = [_Server(_config(listener)) for listener in listeners]
    stop = _watch(signals)
    tasks = [
        asyncio.create_task(server.serve(sockets=[listener.listening]))
        for server, listener in zip(servers, listeners, strict=True)
    ]
    try:
        await asyncio.gather(*(server.listening.wait() for server in servers))
        await ready()
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
    finally:
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks)


def run(work: Awaitable[None]) -> None:
    """Run a server's coroutine on uvloop where there is one."""

    async def main() -> None:
        await work

    if sys.platform == "win32":
        asyncio.run(main())
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


class _Server(uvicorn.Server):
    """uvicorn's server, which leaves the signals to us and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(listener: Listener) -> uvicorn.Config:
    served = listener.certificate
    return uvicorn.Config(
        listener.app,
        interface="asgi3",
        # With h11 a request that has both Content-Length and Transfer-Encoding is answered: a smuggler's friend.
        http=type("Http", (BoundedHttp,), {"most_connections": listener.most_connections}),
        ws="none",
        lifespan="on" if listener.lifespan else "off",
        # Forwarding headers are judged by our own list; uvicorn would believe any peer on loopback.
        proxy_headers=False,
        server_header=False,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=FINISH_SECONDS,
        ssl_context_factory=None if served is None else lambda _config, _default: served.listening_context(),
    )


def _watch(signals: Signals) -> asyncio.Event:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    draining_since: list[float] = []
    reloads: set[asyncio.Task[None]] = set()

    def terminate() -> None:
        if draining_since and loop.time() - draining_since[0] < SAME_ORDER_SECONDS:
            return
        grace = 0 if draining_since or signals.drain is None else signals.drain()
        if grace == 0:
            stop.set()
            return
        draining_since.append(loop.time())
        loop.call_later(grace, stop.set)

    def hang_up() -> None:
        if signals.reload is None:
            stop.set()
            return
        task = asyncio.ensure_future(_run(signals.reload))
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    loop.add_signal_handler(signal.SIGINT, stop.set)
    loop.add_signal_handler(signal.SIGTERM, terminate)
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    return stop


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()
