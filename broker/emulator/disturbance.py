"""The wire around the endpoints: every request recorded, and disturbed where control has queued a fault for it.

Pure ASGI, because a response has to be cut short or never begun. It is installed only where control is on.
"""

import asyncio

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.emulator.faults import Fault, endpoint_of, put_fault
from broker.emulator.recorder import Record
from broker.emulator.state import Emulator

_OF_OUR_OWN = ("/_control", "/requests")


class Disturbance:
    """Middleware that records requests and carries out the faults of the wire."""

    def __init__(self, app: ASGIApp, *, emulator: Emulator) -> None:
        self._app = app
        self._emulator = emulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as it should be or as control wants it."""
        if scope["type"] != "http" or scope["path"].startswith(_OF_OUR_OWN):
            await self._app(scope, receive, send)
            return
        tenant, endpoint = endpoint_of(scope["path"])
        record = self._emulator.recorder.record(scope, endpoint)
        send = _noting_status(record, send)
        fault = self._emulator.faults.take(endpoint, tenant) if endpoint else None
        if fault is None:
            await self._app(scope, receive, send)
            return
        record.disturbed = True
        await asyncio.sleep(fault.delay)
        if fault.reset:
            await _break_connection(receive, send)
            return
        send = _spoilt(fault, send)
        if fault.replaces_answer and not fault.speaks_protocol:
            content = await asyncio.to_thread(fault.content) if fault.gzip_bomb else fault.content()
            answer = Response(content or b"", status_code=fault.status or 200, media_type="text/plain")
            await answer(scope, receive, send)
            return
        put_fault(scope, fault)
        await self._app(scope, receive, send)


def _noting_status(record: Record, send: Send) -> Send:
    async def send_noted(message: Message) -> None:
        if message["type"] == "http.response.start":
            record.status = message["status"]
        await send(message)

    return send_noted


def _spoilt(fault: Fault, send: Send) -> Send:
    """`send` with the fault's status, headers and length in place of the answer's own."""
    left = fault.truncate

    async def send_spoilt(message: Message) -> None:
        nonlocal left
        if message["type"] == "http.response.start":
            await send(_with_headers(fault, message))
            return
        if left is not None:
            # Never the last message: a server closes a connection whose response stayed incomplete.
            body = message.get("body", b"")[:left]
            left -= len(body)
            message = {**message, "body": body, "more_body": True}
        await send(message)

    return send_spoilt


def _with_headers(fault: Fault, start: Message) -> Message:
    replaced = {name.lower().encode("latin-1"): value.encode("latin-1") for name, value in fault.headers.items()}
    if fault.gzip_bomb is not None:
        replaced.setdefault(b"content-encoding", b"gzip")
    if fault.content_type is not None:
        replaced[b"content-type"] = fault.content_type.encode("latin-1")
    headers = [(name, value) for name, value in start["headers"] if name.lower() not in replaced]
    return {**start, "status": fault.status or start["status"], "headers": headers + list(replaced.items())}


async def _break_connection(receive: Receive, send: Send) -> None:
    """Drop the connection without a byte. ASGI has no word for it, so uvicorn's transport is taken by the sleeve."""
    cycle = getattr(receive, "__self__", None)
    abort = getattr(getattr(cycle, "transport", None), "abort", None)
    if abort is not None:
        abort()
        return
    # Another server: an answer that stays incomplete is the next worst thing.
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
