"""Serving HTTP in a process that does other things too: everything stops together, and together with the first that fails."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from deploy.local.folder import CannotStart

_GRACE_SECONDS = 10


def listen(host: str, port: int) -> socket.socket:
    """The socket to serve on, taken before anything else is started. Raises CannotStart where the port is busy."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(1024)
    except (OSError, OverflowError) as error:
        listening.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise CannotStart(f"Port {port} is busy: another program listens on it. Choose another with --port.") from None
        reason = error.strerror if isinstance(error, OSError) else "ports end at 65535"
        raise CannotStart(f"Parity cannot listen on {host} port {port}: {reason}.") from None
    return listening


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for the whole process: see stopped_by_signals."""
        yield


async def serve(app: ASGIApp, listening: socket.socket, *, proxies: str = "127.0.0.1") -> None:
    """Serve until cancelled; then requests under way are answered first. ``proxies`` are believed whom they speak for."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=_GRACE_SECONDS,
        server_header=False,
        forwarded_allow_ips=proxies,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise


async def together(parts: Sequence[Awaitable[None]]) -> None:
    """Run all parts. The first that ends or fails ends the others, and its error is raised: no process lives on half dead."""

    async def until_the_end(part: Awaitable[None]) -> None:
        await part
        raise RuntimeError("a part of the process has ended, which none should")

    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(until_the_end(part))
    except ExceptionGroup as failed:
        first: Exception = failed
        while isinstance(first, ExceptionGroup):
            first = first.exceptions[0]
        raise first from failed


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """SIGINT and SIGTERM cancel the task within; it ends quietly after its own clean-up."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is None:
        raise RuntimeError("no task runs")
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    except asyncio.CancelledError:
        if not stopped:
            raise
        task.uncancel()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
