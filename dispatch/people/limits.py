"""How often is too often: counters in PostgreSQL, counted by one atomic statement each.

A limit must be counted even when the request is refused, so callers commit the count and raise afterwards.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session


@dataclass(frozen=True)
class Limit:
    """At most `most` in any window of `per` (fixed windows, aligned to the epoch)."""

    name: str
    most: int
    per: timedelta


# reliability.md B76, §4.1: one per minute, five per ten minutes, ten a day for one number; per address by the hour
# (carrier-grade NAT puts many phones behind one); per prefix against SMS pumping; all of it an hour as the breaker.
OTP_BY_PHONE = (
    Limit("otp-phone-1m", 1, timedelta(seconds=60)),
    Limit("otp-phone-10m", 5, timedelta(minutes=10)),
    Limit("otp-phone-1d", 10, timedelta(days=1)),
)  # judged by `wait_for_code`: sliding, so that two codes never fall together at the edge of a window
OTP_BY_ADDRESS = (Limit("otp-address-1h", 100, timedelta(hours=1)),)
OTP_BY_PREFIX = (Limit("otp-prefix-1h", 60, timedelta(hours=1)),)
OTP_IN_ALL = (Limit("otp-all-1h", 2000, timedelta(hours=1)),)
LOGIN_BY_ACCOUNT = (Limit("login-account-5m", 10, timedelta(minutes=5)),)
LOGIN_BY_ADDRESS = (Limit("login-address-5m", 30, timedelta(minutes=5)),)
DEVICE_BY_ADDRESS = (Limit("device-address-1h", 300, timedelta(hours=1)),)

_COUNT = text(
    "INSERT INTO rate_count (key, window_start, until, count) VALUES (:key, :start, :until, 1)"
    " ON CONFLICT (key, window_start) DO UPDATE SET count = rate_count.count + 1 RETURNING count"
)


def count(session: Session, limits: tuple[Limit, ...], whom: str, *, now: datetime) -> int:
    """Count one try under every limit; seconds to wait if any is passed, else 0."""
    wait = 0
    for limit in limits:
        seconds = limit.per.total_seconds()
        start = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
        until = start + limit.per
        values = {"key": f"{limit.name}:{whom}", "start": start, "until": until}
        if session.execute(_COUNT, values).scalar_one() > limit.most:
            wait = max(wait, int((until - now).total_seconds()) + 1)
    return wait


_SENT = text("SELECT created_at FROM otp_challenge WHERE phone_hash = :phone AND created_at > :since ORDER BY 1 DESC")


def wait_for_code(session: Session, phone_hash: bytes, *, now: datetime) -> int:
    """Seconds until this number may be sent another code, else 0. Only codes that were sent count, refusals do not.

    Requests for one number pass here one after another (until commit), so two at once cannot both be the first.
    """
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(encode(:phone, 'hex'), 7))"), {"phone": phone_hash}
    )
    sent = list(session.execute(_SENT, {"phone": phone_hash, "since": now - timedelta(days=1)}).scalars())
    wait = 0.0
    for limit in OTP_BY_PHONE:
        if len(sent) >= limit.most:
            wait = max(wait, (sent[limit.most - 1] + limit.per - now).total_seconds())
    return math.ceil(wait)


def forget_old(session: Session, *, now: datetime) -> None:
    """Drop windows that are over."""
    session.execute(text("DELETE FROM rate_count WHERE until < :now"), {"now": now})
