"""Who does what next, and when: the habits of desks, crews, leaders and residents. Pure: a case in, a move out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from admin.simulation.case import GIVE_UP, Case, Move
from admin.simulation.demo import Demo
from admin.simulation.hours import Hours, hours_of
from admin.simulation.province import Province, province

AWAKE = Hours(frozenset(range(7)), [(6, 23)])  # residents
QUICK_MIN = {"police": 12, "company": 45, "desk": 15}  # median minutes until a desk looks at a report


@dataclass(frozen=True)
class Turn:
    """One decision: the case, the instant (local), the dice, and who there is."""

    case: Case
    now: datetime
    chance: Random
    demo: Demo

    @property
    def words(self) -> Province:
        return province()

    @property
    def work(self) -> str:
        return self.words.topic(self.case.planned.category).work

    @property
    def hours(self) -> Hours:
        return hours_of(self.case.agency, self.demo.kinds.get(self.case.agency))

    def soon(self, median_min: float, hours: Hours | None = None) -> datetime:
        """After some work time around the median, seldom much longer."""
        minutes = self.chance.lognormvariate(0, 0.7) * median_min
        return (hours or self.hours).after(self.now, minutes)

    def move(self, who: str | None, action: str, at: datetime, **more: Any) -> Move | None:
        facts = {name: more.pop(name) for name in list(more) if name not in {"photo", "look", "word"}}
        return Move(who=who, action=action, at=at, facts=facts, **more) if who else None


def next_move(case: Case, now: datetime, seed: int, demo: Demo) -> Move | None:
    """What happens next, or None: nobody will touch it in this simulation."""
    if case.refused >= GIVE_UP:
        return None
    turn = Turn(case, now, case.chance(seed), demo)
    if case.past["request_extension"] > case.past["decide_extension"] and case.status in {"accepted", "in_progress"}:
        return _decide_extension(turn)
    habit = HABITS.get(case.status)
    return habit(turn) if habit else None


def _triage(turn: Turn) -> Move | None:
    """The centre sorts: seldom it is not a report at all, else somebody gets it."""
    operator, at = turn.demo.one("operator"), turn.soon(25, hours_of("ioc", "desk"))
    if turn.case.past["return_to_triage"] == 0 and turn.chance.random() < 0.1:
        text = turn.words.say("reject", turn.chance)
        return turn.move(operator, "reject", at, reason_code="unclear", text=text)
    agency = _somebody(turn)
    reason = turn.words.say("reroute", turn.chance)
    return turn.move(operator, "route", at, agency=agency, reason=reason) if agency else None


def _somebody(turn: Turn) -> str | None:
    """An agency with a desk in this simulation that has not had the report."""
    area = turn.case.area
    wishes = [turn.words.raw["elsewhere"].get(turn.work), f"ubnd-{area}", f"ca-{area}", "so-xay-dung"]
    if turn.work in {"order", "security"}:
        wishes = [f"ca-{area}", *wishes]
    fresh = (agency for agency in wishes if agency and agency not in turn.case.had)
    return next((agency for agency in fresh if turn.demo.desk_of(agency)), None)


def _routed(turn: Turn) -> Move | None:
    case, chance, first = turn.case, turn.chance, turn.case.cycle == 1 and turn.case.view.get("hops", 0) == 0
    desk = turn.demo.desk_of(case.agency)
    if desk is None:
        return _left_lying(turn)
    if first and chance.random() < 0.015 and case.phone:
        return turn.move(case.phone, "withdraw", turn.soon(120, AWAKE))
    at = turn.soon(QUICK_MIN.get(turn.demo.kinds.get(case.agency, ""), 80))
    if chance.random() < 0.06:  # forgotten on a desk: the ladder will wake somebody
        at = turn.hours.after(turn.now, chance.uniform(2, 6) * 8 * 60)
    draw = chance.random() if first else 1.0
    if draw < 0.05:
        text = turn.words.say("not_ours", chance)
        return turn.move(desk, "return_to_triage", at, reason_code="not_our_function", text=text)
    if draw < 0.08 and (agency := _somebody(turn)):
        return turn.move(desk, "transfer", at, agency=agency, reason=turn.words.say("reroute", chance))
    if draw < 0.11:
        return turn.move(desk, "reject", at, reason_code="already_handled", text=turn.words.say("reject", chance))
    if draw < 0.12:
        return turn.move(desk, "refer", at, target="one_stop", text=turn.words.say("refer", chance))
    if case.cycle > 1 and chance.random() < 0.5:
        return turn.move(desk, "start", at)
    return turn.move(desk, "accept", at, look=first)


def _left_lying(turn: Turn) -> Move | None:
    """An agency whose desk nobody plays: the centre sometimes finds somebody near, else it gets late."""
    agency = _somebody(turn)
    if agency is None or turn.case.past["transfer"] > 1 or turn.chance.random() < 0.4:
        return None
    at = turn.soon(200, hours_of("ioc", "desk"))
    reason = turn.words.say("reroute", turn.chance)
    return turn.move(turn.demo.one("operator"), "transfer", at, agency=agency, reason=reason)


def _accepted(turn: Turn) -> Move | None:
    case, chance = turn.case, turn.chance
    desk, crew = turn.demo.desk_of(case.agency), turn.demo.crew_of(case.agency)
    word = turn.words.say("comments", chance) if chance.random() < 0.12 else None
    if not case.past["ask_citizen"] and chance.random() < 0.07:
        return turn.move(desk, "ask_citizen", turn.soon(40), text=turn.words.say("questions", chance))
    due = case.view["promises"].get("resolve_by")
    if due and not case.past["request_extension"] and chance.random() < 0.05:
        until = datetime.fromisoformat(due) + timedelta(days=1)
        reason = turn.words.say("extension", chance)
        return turn.move(desk, "request_extension", turn.soon(60), until=until.isoformat(), reason=reason)
    if crew:
        worker = turn.demo.account(chance.choice(crew))["id"]
        return turn.move(desk, "assign", turn.soon(45), worker=worker, word=word)
    return turn.move(desk, "start", turn.soon(150), word=word)


def _decide_extension(turn: Turn) -> Move | None:
    approve = turn.chance.random() < 0.8
    text = turn.words.say("decide", turn.chance)
    return turn.move(turn.demo.one("supervisor"), "decide_extension", turn.soon(90), approve=approve, text=text)


def _assigned(turn: Turn) -> Move | None:
    case, chance = turn.case, turn.chance
    given = (case.view.get("assignment") or {}).get("worker")
    ids = {turn.demo.account(login)["id"]: login for login in turn.demo.crew_of(case.agency)}
    worker = ids.get(str(given)) or turn.demo.desk_of(case.agency)
    if str(given) in ids and not case.past["decline"] and chance.random() < 0.05:
        return turn.move(worker, "decline", turn.soon(30), reason=turn.words.say("decline", chance))
    return turn.move(worker, "start", turn.soon(90))


def _in_progress(turn: Turn) -> Move | None:
    case, chance = turn.case, turn.chance
    given = str((case.view.get("assignment") or {}).get("worker"))
    crew = {turn.demo.account(login)["id"]: login for login in turn.demo.crew_of(case.agency)}
    who = crew.get(given) or turn.demo.desk_of(case.agency)
    if not case.past["ask_citizen"] and chance.random() < 0.04:
        return turn.move(who, "ask_citizen", turn.soon(30), text=turn.words.say("questions", chance))
    median = {"security": 60, "order": 180, "road": 420, "market": 700}.get(turn.work, 200)
    at = turn.soon(median)
    if chance.random() < 0.05:  # material that does not come
        at = turn.hours.after(turn.now, chance.uniform(2, 5) * 8 * 60)
    facts: dict[str, Any] = {"text": turn.words.say(f"results.{turn.work}", chance)}
    photo = chance.random() < 0.6 and turn.words.topic(case.planned.category).picture is not None
    if not photo:
        facts["no_photo_reason"] = turn.words.say("no_photo", chance)
    return turn.move(who, "submit_result", at, photo=photo, **facts)


def _awaiting_citizen(turn: Turn) -> Move | None:
    who = turn.demo.one("operator") if turn.case.planned.sender == "hotline" else turn.case.phone
    if who and turn.chance.random() < 0.75:
        return turn.move(who, "answer", turn.soon(240, AWAKE), text=turn.words.say("replies", turn.chance))
    return turn.move(turn.demo.desk_of(turn.case.agency), "resume", turn.hours.after(turn.now, 3 * 8 * 60))


def _awaiting_approval(turn: Turn) -> Move | None:
    leader, at = turn.demo.leader_of(turn.case.agency), turn.soon(90)
    if not turn.case.past["send_back"] and turn.chance.random() < 0.12:
        return turn.move(leader, "send_back", at, text=turn.words.say("send_back", turn.chance))
    return turn.move(leader, "approve_result", at)


def _resolved(turn: Turn) -> Move | None:
    """Half of them say whether it is mended; the unhappy ones often reopen."""
    case, chance = turn.case, turn.chance
    if case.phone is None:
        return None
    rating, at = case.view.get("rating"), turn.soon(400, AWAKE)
    if rating == "not_satisfied" and case.cycle < 3 and chance.random() < 0.7:
        return turn.move(case.phone, "reopen", at, text=turn.words.say("reopen", chance))
    if rating == "satisfied" and chance.random() < 0.35:
        return turn.move(case.phone, "close", at)
    if rating is None and chance.random() < 0.55:
        named, words = chance.choices(
            [("satisfied", "thanks"), ("acceptable", "so_so"), ("not_satisfied", "unhappy")], [62, 24, 14]
        )[0]
        return turn.move(case.phone, "rate", at, rating=named, text=turn.words.say(words, chance))
    return None


HABITS: Mapping[str, Callable[[Turn], Move | None]] = {
    "triage": _triage,
    "routed": _routed,
    "accepted": _accepted,
    "assigned": _assigned,
    "in_progress": _in_progress,
    "awaiting_citizen": _awaiting_citizen,
    "awaiting_approval": _awaiting_approval,
    "resolved": _resolved,
}
