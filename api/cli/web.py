"""One web process. `serve` starts several on one listening socket, handed over as file descriptor 3 or higher."""

from __future__ import annotations

import os
import socket
from typing import Any

import uvicorn

from kit.logs import set_up_logs

GRACE_S = 5  # Requests in flight at a stop get this long; a stream is cut then and resumes elsewhere.
SOCKET_VARIABLE = "HT_WEB_SOCKET"


def main(argv: list[str]) -> int:
    """`web [HOST:PORT]`: serve `api.app:app` on the inherited socket, else on HOST:PORT (default 127.0.0.1:8000)."""
    listener = _inherited() or _listen(argv[0] if argv else "127.0.0.1:8000")
    set_up_logs("web")
    server = uvicorn.Server(web_config("api.app:app"))
    server.run(sockets=[listener])
    return 0 if server.started else 1


def web_config(app: Any) -> uvicorn.Config:
    """How an application is served, here and in tests; `app` is an ASGI application or its import path."""
    from api.protocol import Protocol  # here: the supervisor imports this module and must stay small

    proxies = os.environ.get("FORWARDED_ALLOW_IPS", "")
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=Protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),  # Nobody is believed about his address unless the operator names the proxy.
        forwarded_allow_ips=proxies or None,
        timeout_graceful_shutdown=GRACE_S,
    )


def _inherited() -> socket.socket | None:
    number = os.environ.pop(SOCKET_VARIABLE, "")
    return socket.socket(fileno=int(number)) if number else None


def _listen(place: str) -> socket.socket:
    host, _, port = place.rpartition(":")
    return open_socket(host or "127.0.0.1", int(port))


def open_socket(host: str, port: int) -> socket.socket:
    """A listening TCP socket; raises OSError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.listen(2048)
    listener.setblocking(False)
    return listener
