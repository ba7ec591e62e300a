"""Instants on the wire."""

from datetime import datetime


def iso(at: datetime | None) -> str | None:
    """RFC 3339 with offset, to the second where nothing finer is there."""
    return at.isoformat() if at else None
