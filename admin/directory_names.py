"""How a pattern such as "UBND {unit}" is written out for one area. Pure."""

from dataclasses import dataclass
from datetime import date

# The word before a ward's name: how it reads inside a sentence, and its English kind.
KINDS = {"Phường": "Ward", "Xã": "Commune", "Thị trấn": "Township", "Đặc khu": "Special Zone"}


@dataclass(frozen=True)
class AreaName:
    """An area that patterns are written out for."""

    layer: str
    code: str
    name: str
    valid_from: date


def fill(pattern: str, area: AreaName) -> str:
    """A pattern with this area's words: {code}, {name} as it stands, {unit} inside a sentence, {short}, {kind_en}."""
    kind = next((word for word in KINDS if area.name.startswith(f"{word} ")), "")
    short = area.name.removeprefix(kind).strip()
    words = {
        "code": area.code,
        "name": area.name,
        "unit": f"{kind.lower()} {short}".strip(),
        "short": short,
        "kind_en": KINDS.get(kind, ""),
    }
    for word, value in words.items():
        pattern = pattern.replace(f"{{{word}}}", value)
    return " ".join(pattern.split())
