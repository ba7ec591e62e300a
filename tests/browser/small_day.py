"""A small day in the demo, played through the public API: residents send, agencies answer, residents rate."""

from typing import Any

from tests.outside.city import City

COUNTED_WITHIN_S = 60.0


class SmallDay:
    """`SENT` reports of which `ANSWERED` are answered and rated, at the first four points of the demo."""

    SENT, ANSWERED, SATISFIED = 16, 12, 9

    def __init__(self, city: City) -> None:
        self.city = city
        self.supervisor = city.staff("supervisor")
        self._phone = city.device()

    def live(self) -> None:
        """Send, answer and rate; returns when the figures have caught up."""
        sent = [self.send(number % 4) for number in range(self.SENT)]
        for number, report in enumerate(sent[: self.ANSWERED]):
            self._answer(report)
            rating = "satisfied" if number < self.SATISFIED else "not_satisfied"
            self._phone.step(report["id"], "rate", rating=rating)
        self.city.eventually(self._counted, COUNTED_WITHIN_S)

    def send(self, place: int) -> dict[str, Any]:
        """A pothole at a point of the demo, from an anonymous phone."""
        draft = self.city.draft(place=place, description="Ổ gà sâu giữa làn xe máy, đã có người ngã.")
        return dict(self._phone.post("/v1/reports", draft, 201))

    def figure(self, indicator: str) -> dict[str, Any]:
        """The only item of an ungrouped figure, as the supervisor sees it."""
        return dict(self.items(indicator)[0])

    def items(self, indicator: str, **asked: str) -> list[dict[str, Any]]:
        return list(self.supervisor.get("/v1/figures", indicator=indicator, **asked)["items"])

    def _answer(self, report: dict[str, Any]) -> None:
        officer = self.city.staff("officer", report["agency"]["code"])
        facts = {"text": "Đã vá bằng bê tông nhựa.", "no_photo_reason": "Máy ảnh hỏng trong ca."}
        done = officer.step(report["id"], "submit_result", **facts)
        if done["status"] == "awaiting_approval":
            done = self.supervisor.step(report["id"], "approve_result")
        assert done["status"] == "resolved"

    def _counted(self) -> bool:
        sent, rated = self.figure("received"), self.figure("satisfied_rate")
        return sent["n"] == self.SENT and rated["n"] == self.ANSWERED
