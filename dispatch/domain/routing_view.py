"""A frozen snapshot of everything written about routing, indexed so that a decision costs only the rules that fit.

Pure and immutable in meaning: it remembers answers (shortlists, holders) but never changes one. One snapshot is
one rulebook version; a new version is a new object.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from dispatch.domain.geography_places import Territory, valid_on
from dispatch.domain.routing_facts import Text
from dispatch.domain.routing_route import RuleRef, RunnerUp
from dispatch.domain.routing_rules import AgencyView, CategoryTree, Holder, RoutingRule
from dispatch.domain.routing_specificity import (
    Candidate,
    matched_area_depth,
    matched_category_depth,
    order_key,
    why_later,
)

RUNNERS_UP_KEPT = 10
MEMORY = 20_000  # Answers kept per question; a province with 150 wards and 60 categories needs 9,000.


@dataclass(frozen=True, slots=True)
class Held:
    """Who acts: an agency, or the reason why nobody can be named."""

    agency: str | None
    problem: Text | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """All that follows once a rule of a shortlist is known to win, the report's own area and words apart."""

    candidate: Candidate
    ref: RuleRef
    held: Held
    agency_name: str
    support: tuple[str, ...]
    behind: tuple[RunnerUp, ...]


class Shortlist:
    """Rules in force whose category and area fit, most specific first; rulings are worked out once and kept."""

    __slots__ = ("_rulings", "_view", "candidates", "on", "territory")

    def __init__(self, candidates: tuple[Candidate, ...], view: "RulebookView", territory: Territory, on: date) -> None:
        self.candidates, self.territory, self.on = candidates, territory, on
        self._view = view
        self._rulings: dict[int, Ruling] = {}

    def ruling(self, position: int) -> Ruling:
        """What follows when the candidate at this position is the first that fits."""
        ruling = self._rulings.get(position)
        if ruling is None:
            ruling = self._rulings[position] = self._rule(position)
        return ruling

    def _rule(self, position: int) -> Ruling:
        winner, view = self.candidates[position], self._view
        rule = winner.rule
        if rule.function is not None:
            held = view.holder(rule.function, self.territory, self.on)
        else:
            held = view.standing(rule.agency or "", self.on)
        helpers = [view.holder(function, self.territory, self.on).agency for function in rule.supporting_functions]
        helpers += [view.standing(agency, self.on).agency for agency in rule.supporting_agencies]
        support = tuple(dict.fromkeys(agency for agency in helpers if agency and agency != held.agency))
        name = view.agency_name(held.agency) if held.agency else ""
        after = self.candidates[position + 1 : position + 1 + RUNNERS_UP_KEPT]
        behind = tuple(
            RunnerUp(RuleRef(c.rule.code, c.rule.version), why_later(c.order_key, winner.order_key)) for c in after
        )
        return Ruling(winner, RuleRef(rule.code, rule.version), held, name, support, behind)


class RulebookView:
    """Rules, holders, agencies and categories of one version. `zone` is the installation's IANA time zone."""

    def __init__(
        self,
        *,
        version: str,
        zone: str,
        categories: CategoryTree,
        rules: Iterable[RoutingRule],
        holders: Iterable[Holder],
        agencies: Iterable[AgencyView],
    ) -> None:
        self.version, self.zone, self.categories = version, ZoneInfo(zone), categories
        self.rules = tuple(sorted(rules, key=lambda rule: (rule.code, rule.version)))
        self._holders: dict[str, list[Holder]] = {}
        for holder in holders:
            self._holders.setdefault(holder.function, []).append(holder)
        self.agencies = {agency.code: agency for agency in agencies}
        dated: list[RoutingRule | Holder | AgencyView] = [*self.rules, *self.agencies.values()]
        dated += [holder for held in self._holders.values() for holder in held]
        turns = {thing.valid_from for thing in dated} | {thing.valid_to for thing in dated if thing.valid_to}
        self._turns = sorted(turns)
        self._eras: dict[date, int] = {}
        self._indexes: dict[int, dict[str | None, list[RoutingRule]]] = {}
        self._shortlists: dict[tuple[str, Territory, int], Shortlist] = {}
        self._held: dict[tuple[str, Territory, int], Held] = {}

    def era(self, on: date) -> int:
        """Days between two changes of validity are one era; within it every question has one answer."""
        era = self._eras.get(on)
        if era is None:
            era = self._eras[on] = bisect_right(self._turns, on)
        return era

    def agency_name(self, code: str) -> str:
        """The agency's name for people; its code when it has none."""
        agency = self.agencies.get(code)
        return (agency.name if agency else "") or code

    def in_force(self, on: date) -> dict[str, RoutingRule]:
        """Rules valid that day by code; where versions overlap, the highest."""
        valid = (rule for rule in self.rules if valid_on(rule.valid_from, rule.valid_to, on))
        return {rule.code: rule for rule in valid}  # sorted by version: the last one stays

    def shortlist(self, category: str, territory: Territory, on: date) -> Shortlist:
        """Rules valid that day whose category and area fit, most specific first."""
        key = (category, territory, self.era(on))
        found = self._shortlists.get(key)
        if found is None:
            found = self._make_shortlist(category, territory, on)
            if len(self._shortlists) >= MEMORY:
                self._shortlists.clear()
            self._shortlists[key] = found
        return found

    def _make_shortlist(self, category: str, territory: Territory, on: date) -> Shortlist:
        path, index = self.categories.path(category), self._index(on)
        rules = {rule.code: rule for root in (*path, None) for rule in index.get(root, ())}
        candidates = []
        for rule in rules.values():
            category_depth, area_depth = matched_category_depth(rule, path), matched_area_depth(rule, territory)
            if category_depth is not None and area_depth is not None:
                candidates.append(Candidate(order_key(rule, category_depth, area_depth), rule))
        candidates.sort(key=lambda candidate: candidate.order_key)
        return Shortlist(tuple(candidates), self, territory, on)

    def _index(self, on: date) -> dict[str | None, list[RoutingRule]]:
        """Rules in force by the root of each category subtree they name (None: any category)."""
        index = self._indexes.get(self.era(on))
        if index is None:
            index = {}
            for rule in self.in_force(on).values():
                for root in dict.fromkeys(rule.categories) or (None,):
                    index.setdefault(root, []).append(rule)
            self._indexes[self.era(on)] = index
        return index

    def holder(self, function: str, territory: Territory, on: date) -> Held:
        """The agency holding a function there that day: the most specific territory wins; two equal are nobody."""
        key = (function, territory, self.era(on))
        held = self._held.get(key)
        if held is None:
            if len(self._held) >= MEMORY:
                self._held.clear()
            held = self._held[key] = self._find_holder(function, territory, on)
        return held

    def _find_holder(self, function: str, territory: Territory, on: date) -> Held:
        depths = {(layer, code): depth for layer, code, depth in territory}
        claims: dict[int, set[str]] = {}
        for holder in self._holders.get(function, ()):
            if not valid_on(holder.valid_from, holder.valid_to, on):
                continue
            everywhere = holder.layer is None or holder.code is None
            depth = 0 if everywhere else depths.get((holder.layer or "", holder.code or ""))
            if depth is not None:
                claims.setdefault(depth, set()).add(holder.agency)
        if not claims:
            return Held(None, Text("route-holder-none", {"function": function}))
        standing = [self.standing(agency, on) for agency in sorted(claims[max(claims)])]
        agencies = {held.agency for held in standing}
        if len(agencies) > 1:
            return Held(None, Text("route-holder-several", {"function": function}))
        return standing[0]

    def standing(self, agency: str, on: date) -> Held:
        """The agency itself, or whoever succeeded it by that day; nobody when the trail ends or runs in a circle."""
        seen: set[str] = set()
        at: str | None = agency
        while at is not None and at not in seen:
            seen.add(at)
            known = self.agencies.get(at)
            if known is None:
                break
            if valid_on(known.valid_from, known.valid_to, on):
                return Held(at)
            at = known.successor if known.valid_to is not None and on >= known.valid_to else None
        return Held(None, Text("route-holder-gone", {"agency": self.agency_name(agency)}))
