"""What the day came to: counted by ourselves as we did it, and as the server lists it at the end."""

from collections import Counter
from typing import Any

from admin.simulation.day import PAGES, Day
from admin.simulation.moves import Hands
from kit.words import Catalogue

# Our word for a count → the actions it adds up.
TOLD = {
    "sent": ("sent",),
    "accepted": ("accept",),
    "assigned": ("assign",),
    "started": ("start",),
    "answered": ("submit_result",),
    "approved": ("approve_result",),
    "sent_back": ("send_back",),
    "asked": ("ask_citizen",),
    "replied": ("answer",),
    "transferred": ("transfer", "route"),
    "returned": ("return_to_triage",),
    "merged": ("merge",),
    "rejected": ("reject",),
    "referred": ("refer",),
    "extended": ("request_extension",),
    "rated": ("rate",),
    "reopened": ("reopen",),
    "closed": ("close",),
    "withdrawn": ("withdraw",),
    "not_taken": ("not_taken",),
}


def summary(day: Day, hands: Hands, *, seconds: float, ask: bool) -> dict[str, Any]:
    """`did`: by us in this run; `server`: reports by status as listed now (left out when `ask` is false)."""
    did, heard = day.diary.did, hands.line.heard
    facts: dict[str, Any] = {
        "sent": did["sent"],
        "accepted": did["accept"],
        "resolved": did["resolved"],
        **{
            name: sum(did[action] for action in actions)
            for name, actions in TOLD.items()
            if name not in ("sent", "accepted")
        },
        "photos": heard["photos"],
        "sent_twice": heard["sent_twice"],
        "line": {name: count for name, count in sorted(heard.items()) if name not in ("photos", "sent_twice")},
        "from": day.start.isoformat(timespec="seconds"),
        "to": hands.now().isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "problems": day.diary.problems[:10],
    }
    if ask:
        facts |= _standing(hands)
    return facts


def _standing(hands: Hands) -> dict[str, Any]:
    """Counts by status, and how many are overdue, over all that the centre can list."""
    by_status: Counter[str] = Counter()
    overdue, cursor = 0, None
    operator = hands.demo.one("operator")
    for _page in range(PAGES if operator else 0):
        params: dict[str, Any] = {"limit": 200} | ({"cursor": cursor} if cursor else {})
        page = hands.request(operator or "", "GET", "/v1/reports", params=params).json()
        by_status.update(item["status"] for item in page["items"])
        overdue += sum(bool(item["overdue"]) for item in page["items"])
        cursor = page["next"]
        if not cursor:
            break
    return {"server": dict(sorted(by_status.items())), "listed": by_status.total(), "overdue": overdue}


def show(facts: dict[str, Any], words: Catalogue, locale: str) -> str:
    """A few lines for people."""
    lines = [
        words.say("summary-title", locale, **{"from": facts["from"], "to": facts["to"], "seconds": facts["seconds"]})
    ]
    counts = [(name, facts[name]) for name in ("sent", "accepted", "resolved", *list(TOLD)[2:]) if facts.get(name)]
    lines += [
        "  " + words.say("summary-line", locale, what=words.say(f"count-{name}", locale), count=count)
        for name, count in counts
    ]
    if "server" in facts:
        what = ", ".join(
            f"{words.say(f'status-{status}', locale)} {count}" for status, count in facts["server"].items()
        )
        lines.append(words.say("summary-now", locale, what=what))
    return "\n".join(lines) + "\n"
