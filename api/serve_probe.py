"""Asks a server whether it is able to serve."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit


def answers(base_url: str, path: str = "/readyz", *, patience_s: float = 2.0) -> bool:
    """Whether GET `path` says 200 within `patience_s` seconds."""
    place = urlsplit(base_url)
    link = http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port, timeout=patience_s)
    try:
        link.request("GET", path)
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()
