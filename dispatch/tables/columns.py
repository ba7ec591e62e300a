"""Column shapes used by every table here: aware instants, JSON documents, text lists."""

from typing import Any

from sqlalchemy import Column, DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB


def instant(*, null: bool = False, **more: Any) -> Any:
    """timestamptz; Python sees aware UTC."""
    return Column(DateTime(timezone=True), nullable=null, **more)


def document(*, null: bool = False, default: str | None = None) -> Any:
    return Column(JSONB(none_as_null=True), nullable=null, server_default=default)


def texts() -> Any:
    return Column(ARRAY(Text), nullable=False, server_default="{}")
