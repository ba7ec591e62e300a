"""When a channel's other side is down, everybody waits and one letter tries first. Shared by all workers.

Times follow the machine's clock, like every back-off here: they are about processes, not about promises.
"""

import random
from datetime import timedelta

from sqlalchemy import text
from sqlmodel import Session

from kit.jobs import machine_now
from notifications.tables import ChannelPause

LONGEST_S = 300.0
PROBE_S = 30.0  # how long the one that tries first has before another may

_PAUSE = """
INSERT INTO channel_pause AS p (channel, until, failures, why)
VALUES (:channel, :until, 1, :why)
ON CONFLICT (channel) DO UPDATE SET
    -- Letters that were under way together fail together: that is one failure, not fifty.
    failures = CASE WHEN p.until > :now AND NOT :probing THEN p.failures ELSE p.failures + 1 END,
    until = CASE WHEN :asked THEN greatest(p.until, :until)
                 WHEN p.until > :now AND NOT :probing THEN p.until
                 ELSE :now + make_interval(secs => least(:longest, power(2, least(p.failures, 10) + 1)) * :chance) END,
    why = :why
"""


def wait_for(session: Session, channel: str) -> tuple[float, bool]:
    """(seconds to wait, whether this caller is the one that tries first after a pause).

    The waiting are spread over a fifth more, so that they do not come back in step.
    """
    row = session.get(ChannelPause, channel, with_for_update=True)
    if row is None:
        return 0.0, False
    now = machine_now()
    if row.until > now:
        return (row.until - now).total_seconds() + random.uniform(0.5, 2.0), False  # noqa: S311 - not a secret
    row.until = now + timedelta(seconds=PROBE_S)
    return 0.0, True


def pause(session: Session, channel: str, why: str, *, after: float | None, probing: bool) -> None:
    """Nobody knocks for `after` seconds where the other side said so, else 2, 4, 8 … 300 s by failures in a row."""
    now = machine_now()
    session.execute(
        text(_PAUSE),
        {
            "channel": channel,
            "now": now,
            "until": now + timedelta(seconds=after if after is not None else 2.0),
            "asked": after is not None,
            "probing": probing,
            "longest": LONGEST_S,
            "chance": random.uniform(1.0, 1.2),  # noqa: S311 - not a secret
            "why": why[:200],
        },
    )


def over(session: Session, channel: str) -> None:
    """The other side took a letter: everybody may go."""
    session.execute(text("DELETE FROM channel_pause WHERE channel = :channel"), {"channel": channel})
