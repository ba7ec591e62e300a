"""The ground holds: migrations, the outbox's partitions, the settings' refusals."""

import pytest
from sqlmodel import Session

from kit.clock import advance, utc_now
from kit.events import Event
from kit.ids import new_code, new_id, read_code
from kit.outbox import Outbox, emit
from kit.settings import SettingsRefused, read_settings


def test_an_event_outside_every_week_still_finds_a_place(session: Session) -> None:
    advance(400 * 86400)
    event = Event(name="report.submitted", subject=new_id(), occurred_at=utc_now(), data={"status": "routed"})
    emit(session, event)
    session.flush()
    assert session.get_one(Outbox, (event.id, event.occurred_at.date())).to_event() == event


def test_production_refuses_default_keys_sinks_and_eager_tasks() -> None:
    with pytest.raises(SettingsRefused) as refused:
        read_settings({"HT_SINK_DIR": "/tmp/sink", "HT_CELERY_EAGER": "1", "HT_CLOCK_FILE": "/tmp/clock"})
    for name in ("HT_SECRET_KEY", "HT_SINK_DIR", "HT_CELERY_EAGER", "HT_CLOCK_FILE", "HT_SEAL_KEY"):
        assert name in str(refused.value)


def test_a_code_read_out_wrongly_is_noticed() -> None:
    code = new_code()
    assert read_code(f"{code[:4]}-{code[4:]}".lower()) == code
    swapped = code[1] + code[0] + code[2:]
    assert swapped == code or read_code(swapped) is None
    assert read_code("IIII-LLLL") is None
