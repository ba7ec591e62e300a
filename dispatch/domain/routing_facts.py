"""The facts a route is decided from, and the words of its reasons. Complete: with them no map is needed again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dispatch.domain.geography_places import Placement

Scalar = str | int | float | bool | None

TRIAGE_FLAGS = frozenset({"complaint", "denunciation"})  # Words that belong to another desk than the street's.
EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence by its catalogue key and facts; catalogues turn it into Vietnamese or English."""

    key: str
    args: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AssetNear:
    """An asset by the point: its class (`road-national`, `street-light`), metres away, and its code if it has one."""

    asset_class: str
    distance_m: float
    code: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """Everything routing may look at. Instants are aware; `placement` was located on the local day of receipt.

    `location_source` is gps, map or address; `channel` is how the report came (app, web, hotline, open311, …).
    Accuracy counts for gps only: locate with `effective_accuracy(location_source, accuracy_m)`.
    """

    category: str
    placement: Placement
    received_at: datetime
    occurred_at: datetime
    severity: int = 0
    location_source: str = "map"
    channel: str = "app"
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    assets: tuple[AssetNear, ...] = ()
    text_flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.received_at.tzinfo is None or self.occurred_at.tzinfo is None:
            raise ValueError("instants carry their offset")

    @property
    def lon(self) -> float:
        return self.placement.lon

    @property
    def lat(self) -> float:
        return self.placement.lat

    @property
    def accuracy_m(self) -> float:
        return self.placement.accuracy_m
