"""Doing it: sending a report with its photo, taking a step, reading how a report stands. HTTP only."""

import json
from collections import Counter
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import uuid6

from admin.simulation.case import Case, Move
from admin.simulation.clock import Clock
from admin.simulation.demo import Demo
from admin.simulation.line import Line
from admin.simulation.people import People
from admin.simulation.pictures import photo
from admin.simulation.plan import METRES_PER_DEGREE, Planned
from admin.simulation.province import province

NERVOUS_SHARE = 0.04  # phones that send again although the answer came
LIKELY_M = 25.0  # nearer than this, a report of the same category is taken for the same thing


class NotTaken(RuntimeError):
    """A report of ours was refused: the simulation and the server disagree about the province."""


class Hands:
    """What people of the simulated day do with their devices."""

    def __init__(self, line: Line, people: People, demo: Demo, clock: Clock, seed: int, zone: ZoneInfo) -> None:
        self.line, self.people, self.demo, self.clock = line, people, demo, clock
        self.seed, self.zone = seed, zone

    def now(self) -> datetime:
        """The simulated instant, local."""
        return self.clock.now().astimezone(self.zone)

    def request(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        """As `who`; signs in again once when the token has just died."""
        extra = more.pop("headers", {})
        answer = self.line.call(method, path, headers=self.people.headers(who) | extra, **more)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self.people.forget(who)
            answer = self.line.call(method, path, headers=self.people.headers(who) | extra, **more)
        return answer

    def send(self, planned: Planned) -> Case:
        """A phone sends its report, photo first; some send it twice. NotTaken with the server's words."""
        chance = Random(f"{self.seed}:{planned.number}:send")  # noqa: S311
        sender = self._voice(planned)
        body = self._draft(planned, chance)
        if planned.picture:
            taken = self._photo(sender, "before", planned, chance)
            body["photos"] = [taken] if taken else []
        content = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        answer = self.request(sender, "POST", "/v1/reports", content=content, headers=headers)
        if answer.status_code != httpx.codes.CREATED:
            raise NotTaken(f"{planned.category}: {answer.status_code} {answer.text[:200]}")
        if chance.random() < NERVOUS_SHARE:
            again = self.request(sender, "POST", "/v1/reports", content=content, headers=headers)
            self.line.note("sent_twice" if again.headers.get("idempotent-replayed") else "retry_not_recognised")
        case = Case(planned, body["id"], {})
        case.saw(answer.json() | {"cycle": 1, "hops": 0})
        return case

    def _draft(self, planned: Planned, chance: Random) -> dict[str, Any]:
        body: dict[str, Any] = {
            "id": str(uuid6.uuid7()),
            "category": planned.category,
            "description": planned.description,
            "location": {"lat": planned.lat, "lon": planned.lon, "accuracy_m": planned.accuracy_m, "source": "gps"},
            "address": planned.address,
        }
        if planned.sender == "hotline":  # the operator types for a caller and points at the map
            body["location"] = {"lat": planned.lat, "lon": planned.lon, "source": "map"}
            number = f"+8491{chance.randrange(10**7):07d}"
            body |= {
                "on_behalf": True,
                "contact": {"name": chance.choice(province().phrases["names"]), "phone": number},
            }
        return body

    def _voice(self, planned: Planned) -> str:
        """Who is signed in when this report is sent: the operator for a caller."""
        operator = self.demo.one("operator")
        if planned.sender == "hotline":
            return operator or f"device:{planned.number}"
        return planned.sender

    def _photo(self, who: str, kind: str, planned: Planned, chance: Random) -> str | None:
        """Upload a drawn photo; its id, or None when the server did not want it (the report goes without)."""
        photo_id = str(uuid6.uuid7())
        picture = photo(
            planned.picture or province().topic(planned.category).picture or "street",
            lon=planned.lon,
            lat=planned.lat,
            at=self.now(),
            chance=chance,
            mended=kind == "after",
        )
        answer = self.request(
            who,
            "POST",
            "/v1/photos",
            data={"id": photo_id, "kind": kind},
            files={"file": (f"{photo_id}.jpg", picture, "image/jpeg")},
        )
        self.line.note("photos" if answer.is_success else "photos_refused")
        return photo_id if answer.is_success else None

    def take(self, case: Case, move: Move) -> str | None:
        """Take the step; the action that happened, or None when it was refused and the case was read anew."""
        if move.look and (lead := self._repeats(case, move.who)):
            move = Move(who=move.who, action="merge", at=move.at, facts={"lead": lead})
        facts = dict(move.facts)
        if move.photo:
            facts |= self._proof(case, move.who)
        if move.word:
            self._say(case, move.who, move.word)
        body = {"id": str(uuid6.uuid7()), "action": move.action, **facts}
        for _again in range(3):
            version = {"If-Match": f'"{case.view["version"]}"'}
            answer = self.request(move.who, "POST", f"/v1/reports/{case.id}/steps", json=body, headers=version)
            if answer.is_success:
                case.saw(answer.json())
                case.past[move.action] += 1
                return move.action
            if answer.status_code != httpx.codes.PRECONDITION_FAILED:
                break
            self.line.note("somebody_was_faster")
            current = answer.json().get("current", {})
            if current.get("status") != case.status:
                break  # the plan is void: look again before doing anything
            case.view["version"] = current["version"]
        self.line.note(f"refused_{move.action}")
        case.refused += 1
        self.look(case)
        return None

    def _proof(self, case: Case, who: str) -> dict[str, Any]:
        """An after-photo taken on the spot, or the reason why there is none."""
        chance = Random(f"{self.seed}:{case.planned.number}:{case.cycle}:proof")  # noqa: S311
        taken = self._photo(who, "after", case.planned, chance)
        if taken is None:
            return {"no_photo_reason": province().say("no_photo", chance)}
        drift = 15 / METRES_PER_DEGREE
        place = {"lat": case.planned.lat + chance.gauss(0, drift), "lon": case.planned.lon + chance.gauss(0, drift)}
        return {"photos": [taken], "location": {**place, "accuracy_m": 12.0, "source": "gps"}}

    def _repeats(self, case: Case, who: str) -> str | None:
        """The code of an older open report of the same thing close by, if the officer sees one."""
        planned = case.planned
        params: dict[str, Any] = {"lat": planned.lat, "lon": planned.lon, "category": planned.category}
        answer = self.request(who, "GET", "/v1/reports/nearby", params=params)
        for item in answer.json()["items"] if answer.is_success else ():
            older = item["received_at"] < case.view["received_at"]
            ours = item["agency"]["code"] == case.agency
            if item["id"] != case.id and older and ours and item["distance_m"] < LIKELY_M:
                return str(item["code"])
        return None

    def _say(self, case: Case, who: str, text: str) -> None:
        body = {"id": str(uuid6.uuid7()), "text": text, "visibility": "internal"}
        answer = self.request(who, "POST", f"/v1/reports/{case.id}/messages", json=body)
        if answer.is_success:
            case.view["version"] = answer.json()["version"]
            self.line.note("comments")

    def look(self, case: Case) -> None:
        """Read how it stands, as the centre sees it."""
        answer = self.request(self.demo.one("operator") or case.phone or "", "GET", f"/v1/reports/{case.id}")
        if answer.is_success:
            case.saw(answer.json())

    def remember(self, planned: Planned, report_id: str) -> Case:
        """A case of an earlier run, with what people did to it so far."""
        case = Case(planned, report_id, {"agency": {"code": ""}, "status": "unknown"})
        self.look(case)
        operator = self.demo.one("operator") or planned.sender
        story = self.request(operator, "GET", f"/v1/reports/{report_id}/timeline")
        if story.is_success:
            case.past = Counter(entry["action"] for entry in story.json()["items"])
        return case
