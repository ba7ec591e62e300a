"""The whole application on a loopback port, in a thread of the test process, and tokens for whoever asks."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import NAMESPACE_URL, uuid5

import httpx
import uvicorn


@contextmanager
def live_app() -> Iterator[httpx.Client]:
    """A client of the application for the settings of this process; without a sign-in."""
    from api.app import make_app

    server = uvicorn.Server(uvicorn.Config(make_app(), port=0, log_level="error", lifespan="off"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            yield client
        server.should_exit = True
        thread.join(10)


def bearer(role: str, agency: str | None = None) -> dict[str, str]:
    """The header of somebody signed in with this role, of this agency where the role has one; always the same one."""
    from kit.clock import utc_now
    from kit.tokens import sign_access

    claims = {"sub": str(uuid5(NAMESPACE_URL, f"{role}/{agency}")), "role": role} | (
        {"agency": agency} if agency else {}
    )
    return {"Authorization": f"Bearer {sign_access(claims, now=utc_now(), lives_for=3600)}"}
