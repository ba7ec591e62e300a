"""What a file is, from its first bytes: format by content, size in pixels, orientation, and whether it was cut off.

Plain parsing of JPEG (ITU T.81), PNG (ISO 15948) and WebP (RFC 9649): no decoder runs here, so a web process may
call it on anything. It is a gate, not the judge: the decoder's own process checks again before it decodes.
"""

import struct
from dataclasses import dataclass
from typing import Literal

from media.problems import ImageTooLarge, NotAPhoto, PhotoTooHeavy, PhotoUnreadable

Format = Literal["JPEG", "PNG", "WEBP"]

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 16_384
CONTENT_TYPES: dict[Format, str] = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

_SIZED_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0…SOF15 without DHT, JPG, DAC
_BARE_MARKERS = frozenset((0x01, *range(0xD0, 0xD9)))
_SIDEWAYS = frozenset((5, 6, 7, 8))
_MAX_STEPS = 100_000  # segments or chunks; an honest animation of 10,000 frames has some 30,000


@dataclass(frozen=True, kw_only=True)
class Header:
    """`width` and `height` are pixels as stored; `upright` is (width, height) as a person sees the picture."""

    format: Format
    width: int
    height: int
    orientation: int = 1

    @property
    def upright(self) -> tuple[int, int]:
        sideways = self.orientation in _SIDEWAYS
        return (self.height, self.width) if sideways else (self.width, self.height)


def check_size(width: int, height: int) -> None:
    """Raises ImageTooLarge for sides (pixels) outside 1…16384 or more than 50 megapixels."""
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE) or width * height > MAX_PIXELS:
        raise ImageTooLarge(facts={"max_pixels": MAX_PIXELS, "max_side": MAX_SIDE})


def read_header(data: bytes) -> Header:
    """The header of a photo. Raises PhotoTooHeavy, NotAPhoto, PhotoUnreadable, ImageTooLarge."""
    if len(data) > MAX_BYTES:
        raise PhotoTooHeavy(facts={"max_bytes": MAX_BYTES})
    if not data:
        raise PhotoUnreadable()
    try:
        header = _parse(data)
    except (struct.error, IndexError) as cut_off:
        raise PhotoUnreadable() from cut_off
    check_size(header.width, header.height)
    return header


def _parse(data: bytes) -> Header:
    if data[:3] == b"\xff\xd8\xff":
        return _jpeg(data)
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return _png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    raise NotAPhoto(facts={"accepted": sorted(CONTENT_TYPES.values())})


def _jpeg(data: bytes) -> Header:
    """Walks the segments up to the first scan; the end marker must follow it."""
    at, size, orientation = 2, (0, 0), 1
    framed = False
    for _ in range(_MAX_STEPS):
        at = data.find(b"\xff", at)
        if at < 0:
            raise PhotoUnreadable()
        marker = data[at + 1]
        at += 1
        if marker in (0x00, 0xFF) or marker in _BARE_MARKERS:
            continue
        if marker == 0xD9:  # the end before any scan
            raise PhotoUnreadable()
        (length,) = struct.unpack_from(">H", data, at + 1)
        body = at + 3
        if marker in _SIZED_FRAMES:
            height, width = struct.unpack_from(">HH", data, body + 1)
            size, framed = (width, height), True
        elif marker == 0xE1 and data[body : body + 6] == b"Exif\0\0":
            orientation = exif_orientation(data[body + 6 : at + 1 + length])
        elif marker == 0xDA:
            break
        at += 1 + length
    if not framed or data.rfind(b"\xff\xd9") < at:
        raise PhotoUnreadable()
    return Header(format="JPEG", width=size[0], height=size[1], orientation=orientation)


def _png(data: bytes) -> Header:
    if data[12:16] != b"IHDR":
        raise PhotoUnreadable()
    width, height = struct.unpack_from(">II", data, 16)
    check_size(width, height)  # before walking on: a bomb is refused by its first 24 bytes
    at, orientation, kind = 8, 1, b""
    for _ in range(_MAX_STEPS):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"eXIf":
            orientation = exif_orientation(data[at + 8 : at + 8 + length])
        at += 12 + length
        if kind == b"IEND":
            break
    if kind != b"IEND" or at > len(data):
        raise PhotoUnreadable()
    return Header(format="PNG", width=width, height=height, orientation=orientation)


def _webp(data: bytes) -> Header:
    (riff_size,) = struct.unpack_from("<I", data, 4)
    if riff_size + 8 > len(data):
        raise PhotoUnreadable()
    at, orientation = 12, 1
    size: tuple[int, int] | None = None
    for _ in range(_MAX_STEPS):
        if at + 8 > riff_size + 8:
            break
        kind, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + min(length, MAX_BYTES)]
        if kind == b"EXIF":
            orientation = exif_orientation(body.removeprefix(b"Exif\0\0"))
        elif size is None:
            size = _webp_size(kind, body)
        at += 8 + length + length % 2
    if size is None:
        raise PhotoUnreadable()
    return Header(format="WEBP", width=size[0], height=size[1], orientation=orientation)


def _webp_size(kind: bytes, body: bytes) -> tuple[int, int] | None:
    """Pixels from the canvas (VP8X), lossy (VP8) or lossless (VP8L) chunk."""
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None


def exif_orientation(tiff: bytes) -> int:
    """EXIF tag 0x0112 of the first directory, 1…8; 1 where it is absent or nonsense."""
    try:
        order = {b"II": "<", b"MM": ">"}[tiff[:2]]
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, directory)
        for entry in range(min(entries, 200)):
            tag, kind, _count, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * entry)
            if tag == 0x0112:
                return value if kind == 3 and 1 <= value <= 8 else 1
    except (KeyError, struct.error):
        pass
    return 1


def is_bare_webp(data: bytes) -> bool:
    """True for a WebP file of one lossy or lossless image chunk and not a byte more: nowhere to hide metadata."""
    if len(data) < 20 or data[:4] != b"RIFF" or data[8:16] not in (b"WEBPVP8 ", b"WEBPVP8L"):
        return False
    riff_size, image_size = (int.from_bytes(data[at : at + 4], "little") for at in (4, 16))
    return len(data) == riff_size + 8 == 20 + image_size + image_size % 2
