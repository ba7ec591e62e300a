"""What a photo's EXIF says about place and time: private hints for the resident's own form, never shown, never trusted.

EXIF comes from strangers and from cameras with bugs: whatever cannot be read counts as absent.
"""

import struct
from datetime import datetime
from math import isfinite
from typing import Any

from PIL import ExifTags, Image

from media.picture import Hints

_ODD = (
    SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, ZeroDivisionError,
    OverflowError, OSError, struct.error, RecursionError,
)  # fmt: skip


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation 1…8; 1 where it is absent or nonsense."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _ODD:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def hints_of(image: Image.Image) -> Hints:
    """Place and time of the photo as far as its EXIF tells."""
    lon, lat = _place(image) or (None, None)
    return Hints(lon=lon, lat=lat, taken_at=_time(image))


def _place(image: Image.Image) -> tuple[float, float] | None:
    try:
        gps = image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef], "S")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef], "W")
    except _ODD:
        return None
    plausible = isfinite(lon) and isfinite(lat) and abs(lat) <= 90 and abs(lon) <= 180
    return (round(lon, 7), round(lat, 7)) if plausible and (lon, lat) != (0.0, 0.0) else None


def _degrees(parts: Any, reference: Any, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if str(reference).strip().upper().startswith(negative) else value


def _time(image: Image.Image) -> str | None:
    try:
        exif = image.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        text = details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
        wall = datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - EXIF is wall time
        offset = str(details.get(ExifTags.Base.OffsetTimeOriginal) or "").strip("\0 ")
        return datetime.fromisoformat(f"{wall.isoformat()}{offset}").isoformat()
    except _ODD:
        return None
