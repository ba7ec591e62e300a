"""Pictures made for tests: streets with four coloured corners, PNG files that lie, EXIF with a secret."""

import io
import struct
import zlib

from PIL import ExifTags, Image, ImageDraw

from media.header import is_bare_webp
from media.problems import ImageTooLarge, NotAPhoto, PhotoUnreadable

REFUSALS = (PhotoUnreadable, ImageTooLarge, NotAPhoto)
CANARIES = (b"0912345678", b"<?php", b"PK\x03\x04", b"Exif", b"xpacket", b"Photoshop", b"8BIM", b"ICC_PROFILE")


def street(width=640, height=480):
    """A picture with corners of four colours, so that one sees how it lies."""
    image = Image.new("RGB", (width, height), "grey")
    draw = ImageDraw.Draw(image)
    for at, colour in (((0, 0), "red"), ((1, 0), "lime"), ((0, 1), "blue"), ((1, 1), "yellow")):
        left, top = at[0] * width // 2, at[1] * height // 2
        draw.rectangle((left, top, left + width // 4, top + height // 4), fill=colour)
    draw.ellipse((width // 3, height // 3, width // 2, height // 2), fill="black")
    return image


def file_of(image, kind="JPEG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width, height, *, rows=None, depth=8, colour=2, extra=b""):
    """A PNG whose header says what we like; `rows` is the uncompressed content."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    body = png_chunk(b"IDAT", zlib.compress(rows if rows is not None else b"", 9))
    return b"\x89PNG\r\n\x1a\n" + head + extra + body + png_chunk(b"IEND", b"")


def gps_exif(lon, lat, orientation=1):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.ImageDescription] = "phone 0912345678"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N" if lat >= 0 else "S", 2: (abs(lat), 0, 0), 3: "E" if lon >= 0 else "W", 4: (abs(lon), 0, 0)}
    )
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {ExifTags.Base.DateTimeOriginal: "2026:03:04 05:06:07", ExifTags.Base.OffsetTimeOriginal: "+07:00"}
    )
    return exif


def assert_clean(picture):
    for rendition in picture.renditions:
        assert is_bare_webp(rendition.data)
        image = Image.open(io.BytesIO(rendition.data))
        assert not ({"exif", "xmp", "icc_profile", "comment", "photoshop"} & set(image.info))
        assert image.size == (rendition.width, rendition.height)
        assert not [canary for canary in CANARIES if canary in rendition.data]
