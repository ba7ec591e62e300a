"""What the pipeline hands back: plain values that cross the process border and need no image library."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Hints:
    """`lon`, `lat`: degrees, WGS 84. `taken_at`: ISO 8601, with an offset if the camera knew it, else wall time."""

    lon: float | None = None
    lat: float | None = None
    taken_at: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Rendition:
    """One clean WebP file; sides in pixels, upright."""

    name: str
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Picture:
    """All that is kept of a photo beside its sealed original. `width` and `height`: the original, upright."""

    width: int
    height: int
    renditions: tuple[Rendition, ...]
    placeholder: str
    phash: str
    hints: Hints
