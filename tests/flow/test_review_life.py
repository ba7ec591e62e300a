"""A stranger's questions to the life of a report: what is left behind when it ends, moves, or comes back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from dispatch import escalate
from dispatch.domain.actors import Actor, Role
from dispatch.domain.command import Command, StepFacts
from dispatch.domain.errors import IdReused, IdTaken, UnknownCategory, UnknownLead
from dispatch.domain.report import Action
from dispatch.intake import Draft, submit_report
from dispatch.people.residents import _join_device, bind_device
from dispatch.people.sessions import open_session, refresh
from dispatch.people.tables import Person
from dispatch.recalculate import recalculate
from dispatch.rulebook import bump_version
from dispatch.steps import perform
from dispatch.tables.report import Assignment, Follower, TimelineEntry
from kit.clock import utc_now
from kit.db import reading, unit_of_work
from kit.ids import new_id
from kit.tokens import read_access
from tests.world import POINTS, Told, World

VT, NT = "ubnd-07900", "ubnd-07918"
OPEN = ("offered", "accepted", "started")


def another_agency(world: World) -> Actor:
    """An officer of some agency that does not hold the streets of Việt Trì."""
    with reading() as session:
        code = (
            session.execute(
                text("SELECT agency_code FROM account WHERE role = 'officer' AND agency_code <> :vt ORDER BY login"),
                {"vt": VT},
            )
            .scalars()
            .first()
        )
    return world.officer(str(code))


def open_assignments(told: Told) -> list[Assignment]:
    with reading() as session:
        mine = select(Assignment).where(Assignment.report_id == told.id, col(Assignment.state).in_(OPEN))
        return list(session.exec(mine))


def entry(told: Told, action: str) -> TimelineEntry:
    with reading() as session:
        found = select(TimelineEntry).where(TimelineEntry.report_id == told.id, TimelineEntry.action == action)
        return list(session.exec(found.order_by(col(TimelineEntry.seq))))[-1]


def follows(told: Told, who: Actor) -> bool:
    with reading() as session:
        return session.get(Follower, (told.id, who.id)) is not None


def test_a_withdrawn_report_takes_no_crew_along(world: World) -> None:
    told, officer, worker = world.report(), world.officer(VT), world.worker(VT)
    told.step(officer, "assign", worker=worker.id)
    told.step(world.resident(), "withdraw")
    assert open_assignments(told) == []
    assert told.row.worker_id is None


def test_what_the_leader_sends_back_is_the_crews_again(world: World) -> None:
    told, officer, worker = world.report(), world.officer(VT), world.worker(VT)
    told.step(officer, "assign", worker=worker.id)
    told.step(worker, "submit_result", text="Đã vá", no_photo_reason="Máy ảnh hỏng")
    assert told.row.status == "awaiting_approval"
    assert open_assignments(told) == []
    told.step(world.role("supervisor"), "send_back", text="Chưa phẳng")
    (back,) = open_assignments(told)
    assert (back.worker_id, back.state, back.finished_at) == (worker.id, "started", None)
    told.step(worker, "submit_result", text="Đã vá lại", no_photo_reason="Máy ảnh hỏng")
    assert open_assignments(told) == []


def test_words_that_wait_for_the_leader_are_not_public_yet(world: World) -> None:
    told, officer, worker = world.report(), world.officer(VT), world.worker(VT)
    told.step(officer, "assign", worker=worker.id)
    told.step(worker, "submit_result", text="Đã vá", no_photo_reason="Máy ảnh hỏng")
    assert entry(told, "submit_result").visibility == "internal"
    told.step(world.role("supervisor"), "approve_result")
    approved = entry(told, "approve_result")
    assert approved.visibility == "public"
    with reading() as session:
        said = session.execute(
            text("SELECT text FROM entry_text WHERE report_id = :id AND seq = :seq"),
            {"id": told.id, "seq": approved.seq},
        ).scalar_one()
    assert said == "Đã vá"


def test_a_rejected_report_leaves_the_public_view(world: World) -> None:
    told = world.report()
    assert told.row.is_public
    told.step(world.role("operator"), "reject", reason_code="insult", text="Lời lẽ xúc phạm")
    assert not told.row.is_public


def test_another_category_counts_while_the_sender_is_asked(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    told, officer, desk = world.report("pothole"), world.officer(VT), world.role("operator")
    told.step(officer, "ask_citizen", text="Ở đâu?")
    told.step(desk, "recategorise", category="manhole-cover", reason="Mất nắp hố ga")
    told.step(world.resident(), "answer", text="Trước cổng")
    asked = told.clocks("citizen")[-1]
    assert asked.lenient_due_at is not None
    assert asked.due_at is not None
    assert asked.lenient_due_at < asked.due_at - timedelta(hours=12), "one day is in force where three were promised"


def test_a_supervisor_may_grant_the_later_promise_of_another_category(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    told = world.report("pothole")
    first = told.clocks("citizen")[-1].lenient_due_at
    told.step(
        world.role("supervisor"), "recategorise", category="illegal-construction", reason="Xây trái phép", approve=True
    )
    after = told.clocks("citizen")[-1]
    assert after.due_at == first
    assert after.lenient_due_at is not None
    assert first is not None
    assert after.lenient_due_at > first


def test_no_report_goes_into_a_category_that_is_closed(world: World) -> None:
    told = world.report()
    with unit_of_work() as session:
        session.execute(text("UPDATE category SET active = false WHERE code = 'manhole-cover'"))
        bump_version(session)
    with pytest.raises(UnknownCategory):
        told.step(world.role("operator"), "recategorise", category="manhole-cover", reason="Nhầm")


def test_an_old_wish_for_more_time_ends_with_its_round(world: World) -> None:
    """A wish nobody decided must neither block the next round nor be granted in it."""
    world.set_clock("2027-03-01 08:00")
    told, officer = world.report(), world.officer(VT)
    told.step(officer, "accept")
    due = told.clocks("citizen")[-1].lenient_due_at
    assert due is not None
    told.step(officer, "request_extension", until=due + timedelta(days=1), reason="Chờ vật tư")
    told.step(officer, "submit_result", text="Xong sớm")
    told.step(world.resident(), "reopen", text="Lại thủng")
    told.step(officer, "accept")
    due = told.clocks("citizen")[-1].lenient_due_at
    assert due is not None
    told.step(officer, "request_extension", until=due + timedelta(days=1), reason="Chờ vật tư mới")
    told.step(world.role("supervisor"), "decide_extension", approve=True, text="Được")
    assert told.clocks("citizen")[-1].lenient_due_at == due + timedelta(days=1)


def test_a_breach_is_charged_to_who_held_it_when_it_was_due(world: World) -> None:
    """The sweep was away; meanwhile the report went to another agency."""
    world.set_clock("2027-03-01 08:00")
    told, officer, other = world.report(), world.officer(VT), another_agency(world)
    told.step(officer, "accept")
    world.forward(days=60)
    told.step(world.role("operator"), "transfer", agency=other.agency, reason="Tuyến tỉnh")
    world.sweep()
    with reading() as session:
        breaches = select(TimelineEntry).where(TimelineEntry.report_id == told.id, TimelineEntry.action == "breach")
        charged = {row.data["clock"]: row.data["charged_to"] for row in session.exec(breaches)}
    assert charged["citizen"] == VT


def test_one_broken_report_does_not_stop_the_sweep(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.set_clock("2027-03-01 08:00")
    broken, whole = world.report(), world.report(by="Lan")
    world.forward(days=60)
    climb = escalate._climb

    def climb_or_fall(case: Any, running: Any) -> bool:
        if case.report.id == broken.id:
            raise RuntimeError("a row that nobody expected")
        return climb(case, running)

    monkeypatch.setattr(escalate, "_climb", climb_or_fall)
    world.sweep()
    assert "breach" in whole.actions()
    assert "breach" not in broken.actions()


def test_a_sweep_at_the_very_instant_of_many_dues_comes_to_an_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the due instant nothing is late: there is nothing to do, and nothing to look at again and again."""
    monkeypatch.setattr(escalate, "BATCH", 2)
    world.set_clock("2027-03-01 08:00")
    told = [world.report(by=f"Người {n}") for n in range(2)]
    with unit_of_work() as session:
        session.execute(text("UPDATE sla_clock SET policy_id = NULL"))  # no ladder, only the due instant
        session.execute(
            text("UPDATE sla_clock SET sweep_at = lenient_due_at, lenient_due_at = first_due_at WHERE kind = 'citizen'")
        )
        session.execute(text("UPDATE sla_clock SET sweep_at = NULL WHERE kind <> 'citizen'"))
    due = told[0].clocks("citizen")[-1].lenient_due_at
    assert due is not None
    rounds = 0
    once = escalate._one

    def counted(report_id: UUID, now: datetime, work: Any) -> int:
        nonlocal rounds
        rounds += 1
        assert rounds < 20, "the sweep turns on the spot"
        return once(report_id, now, work)

    monkeypatch.setattr(escalate, "_one", counted)
    escalate.sweep(due)


def test_who_gave_a_report_away_may_repeat_his_step(world: World) -> None:
    """The answer was lost on the way; the agency no longer holds the report; the retry must not look like a refusal."""
    told, officer, other = world.report(), world.officer(VT), another_agency(world)
    command, version = new_id(), told.row.version
    for _ in range(2):
        after = world.step(
            told, officer, "transfer", version=version, id=command, agency=other.agency, reason="Không phải việc tôi"
        )
        assert after.agency_code == other.agency
    assert told.actions().count("transfer") == 1


def test_a_step_id_is_one_step_even_on_two_reports_at_once(world: World) -> None:
    first, second, officer = world.report(), world.report(by="Lan"), world.officer(VT)
    command = new_id()

    def accept(session: Any, told: Told) -> None:
        facts = Command(id=command, action=Action.ACCEPT, version=1, digest=b"x", facts=StepFacts())
        perform(session, told.id, facts, actor=officer, now=utc_now())

    import threading

    refused: list[Exception] = []

    def behind() -> None:
        try:
            with unit_of_work() as session:
                accept(session, second)
        except Exception as error:
            refused.append(error)

    with unit_of_work() as session:
        accept(session, first)
        late = threading.Thread(target=behind)
        late.start()
        late.join(0.5)
    late.join(10)
    assert [type(error) for error in refused] == [IdTaken]


def test_a_duplicate_of_a_duplicate_hears_of_the_last_lead(world: World) -> None:
    desk, an = world.role("operator"), world.resident("An")
    first, second, third = world.report(by="An"), world.report(by="Bình"), world.report(by="Cúc")
    first.step(desk, "merge", lead=str(second.id))
    second.step(desk, "merge", lead=str(third.id))
    assert follows(third, an)
    assert follows(third, world.resident("Bình"))
    second.step(desk, "unmerge")
    assert not follows(third, world.resident("Bình")), "as if never merged"


def test_nobody_links_a_report_to_one_he_may_not_see(world: World) -> None:
    told, officer = world.report(), world.officer(VT)
    hidden = world.report("illegal-construction", at="Hoà Bình", by="Lan")
    with unit_of_work() as session:
        session.execute(text("UPDATE report SET is_public = false WHERE id = :id"), {"id": hidden.id})
    with pytest.raises(UnknownLead):
        told.step(officer, "merge", lead=str(hidden.id))


def test_ping_pong_counts_refusals_not_hops(world: World) -> None:
    told, officer, other, desk = world.report(), world.officer(VT), another_agency(world), world.role("operator")
    told.step(desk, "transfer", agency=other.agency, reason="Thử")
    told.step(desk, "transfer", agency=VT, reason="Trả")
    told.step(officer, "return_to_triage", reason_code="not_our_area", text="Không phải")
    assert entry(told, "return_to_triage").data["ping_pong"] is False


def test_a_report_placed_while_the_desk_asks_is_no_hop(world: World) -> None:
    told, desk = world.report(), world.role("operator")
    told.step(world.officer(VT), "return_to_triage", reason_code="not_our_area", text="Không phải")
    hops = told.row.hops
    told.step(desk, "ask_citizen", text="Ở đâu?")
    told.step(desk, "transfer", agency=VT, reason="Đúng là của phường")
    assert told.row.hops == hops


def test_what_officers_write_to_each_other_is_not_in_the_public_promise(world: World) -> None:
    told, officer, other = world.report(), world.officer(VT), another_agency(world)
    told.step(officer, "ask_citizen", text="Ở đâu?")
    told.step(world.role("operator"), "transfer", agency=other.agency, reason="Anh Nguyễn Văn A không nghe máy")
    with reading() as session:
        reasons = session.execute(text("SELECT reason FROM sla_entry")).scalars().all()
    assert not [reason for reason in reasons if "Nguyễn" in reason]


def device(world: World) -> tuple[UUID, Actor, Any]:
    made = new_id()
    with unit_of_work() as session:
        person = bind_device(session, made, "s" * 43, locale="vi", now=utc_now())
        tokens = open_session(session, person, now=utc_now(), device=made)
    return made, Actor(id=person.id, role=Role.RESIDENT), tokens


def test_a_phone_that_signs_in_may_still_repeat_what_it_said_before(world: World) -> None:
    made, nameless, tokens = device(world)
    known = world.resident("Hà")
    lon, lat = POINTS["Việt Trì"]
    draft = Draft(id=new_id(), category="pothole", lon=lon, lat=lat, description="Ổ gà")
    with unit_of_work() as session:
        submit_report(session, draft, reporter=nameless, now=utc_now())
    told, command = Told(world, draft.id), new_id()
    world.step(told, nameless, "comment", version=1, id=command, text="Thêm ý", visibility="reporter")
    with unit_of_work() as session:
        _join_device(session, made, session.get_one(Person, known.id))
    world.step(told, known, "comment", version=1, id=command, text="Thêm ý", visibility="reporter")
    assert told.actions().count("comment") == 1
    with unit_of_work() as session:
        assert submit_report(session, draft, reporter=nameless, now=utc_now()).replayed, "sent with the old token"
        fresh = refresh(session, tokens.refresh_token, now=utc_now())
    assert read_access(fresh.access_token)["sub"] == str(known.id)  # type: ignore[union-attr]


def test_a_retry_is_answered_although_the_directory_has_moved_on(world: World) -> None:
    lon, lat = POINTS["Việt Trì"]
    draft = Draft(id=new_id(), category="pothole", lon=lon, lat=lat, description="Ổ gà", occurred_at=utc_now())
    with unit_of_work() as session:
        submit_report(session, draft, reporter=world.resident(), now=utc_now())
        session.execute(text("UPDATE category SET active = false WHERE code = 'pothole'"))
        bump_version(session)
    world.forward(days=399)
    with unit_of_work() as session:
        assert submit_report(session, draft, reporter=world.resident(), now=utc_now()).replayed
    other = Draft(id=draft.id, category="pothole", lon=lon, lat=lat, description="Khác", occurred_at=draft.occurred_at)
    with pytest.raises((IdReused, UnknownCategory)), unit_of_work() as session:
        submit_report(session, other, reporter=world.resident(), now=utc_now())


def test_an_edited_calendar_never_makes_a_step_wait(world: World) -> None:
    """Each report is recomputed in a transaction of its own: what is done already is free again."""
    from dispatch.tables.directory import CalendarDay

    world.set_clock("2027-03-01 08:00")
    reports = sorted((world.report(by=f"Người {n}") for n in range(3)), key=lambda told: told.id)
    calendar = reports[0].clocks("citizen")[0].calendar_code
    due = reports[0].clocks("citizen")[0].due_at
    assert due is not None
    with unit_of_work() as session:
        session.add(CalendarDay(calendar_code=calendar, on_date=due.date(), hours=[], name_vi="Nghỉ bù"))
        bump_version(session)
    import dispatch.recalculate as work

    seen: list[bool] = []
    one = work.lock_report

    def look(session: Any, report_id: UUID) -> Any:
        if report_id != reports[0].id:
            with unit_of_work() as other:
                free = other.execute(
                    text("SELECT 1 FROM report WHERE id = :id FOR UPDATE SKIP LOCKED"), {"id": reports[0].id}
                ).first()
                seen.append(free is not None)
        return one(session, report_id)

    work.lock_report = look  # type: ignore[assignment]
    try:
        assert recalculate(calendar, now=utc_now()) == 3
    finally:
        work.lock_report = one  # type: ignore[assignment]
    assert seen == [True, True]
