"""Photos of the simulated day, drawn: a night street, a hole in the road, rubbish, water, a street by day.

Real JPEGs as a phone makes them, with EXIF (camera, time, place), so that what the product strips is really there.
"""

import io
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (1024, 768)
_MAKE, _MODEL, _DATE, _GPS, _EXIF, _ORIGINAL = 0x010F, 0x0110, 0x0132, 0x8825, 0x8769, 0x9003
PHONES = (("samsung", "SM-A155F"), ("OPPO", "CPH2591"), ("Xiaomi", "23106RN0DA"), ("Apple", "iPhone 12"))


def photo(kind: str, *, lon: float, lat: float, at: datetime, chance: Random, mended: bool = False) -> bytes:
    """A JPEG of this kind of place. `mended`: as it looks after the work. `lon`, `lat` degrees; `at` local."""
    image = _PAINTERS.get(kind, _street)(chance, mended)
    image = Image.blend(image, Image.effect_noise(SIZE, 60).convert("RGB"), 0.06)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, exif=_exif(lon, lat, at, chance))
    return out.getvalue()


def _exif(lon: float, lat: float, at: datetime, chance: Random) -> Image.Exif:
    exif, taken = Image.Exif(), at.strftime("%Y:%m:%d %H:%M:%S")
    exif[_MAKE], exif[_MODEL] = chance.choice(PHONES)
    exif[_DATE] = taken
    exif.get_ifd(_EXIF)[_ORIGINAL] = taken
    exif.get_ifd(_GPS).update({1: "N", 2: _degrees(lat), 3: "E", 4: _degrees(lon)})
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    whole, minutes = int(value), (value - int(value)) * 60
    return float(whole), float(int(minutes)), round((minutes - int(minutes)) * 60, 2)


def _ground(top: tuple[int, int, int], low: tuple[int, int, int]) -> Image.Image:
    """A vertical fade from `top` to `low`."""
    mask = Image.linear_gradient("L").resize(SIZE)
    return Image.composite(Image.new("RGB", SIZE, low), Image.new("RGB", SIZE, top), mask)


def _blot(chance: Random, x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """A roundish outline with an uneven edge, flattened as things on the ground are."""
    turns = [index * math.tau / 24 for index in range(24)]
    return [
        (x + radius * chance.uniform(0.8, 1.2) * math.cos(turn), y + radius * 0.45 * math.sin(turn)) for turn in turns
    ]


def _night(chance: Random, mended: bool) -> Image.Image:
    image = _ground((8, 10, 24), (30, 30, 38))
    draw = ImageDraw.Draw(image)
    draw.polygon([(380, 330), (640, 330), (1024, 768), (0, 768)], fill=(36, 36, 42))
    for side, x in ((1, 120), (-1, 830)):
        for depth in range(3):
            left, top = x + side * depth * 90, 380 - depth * 60
            draw.line([(left, 700 - depth * 110), (left, top)], fill=(60, 62, 70), width=10 - 2 * depth)
            lit = mended or chance.random() < 0.2
            if lit:
                draw.ellipse([left - 70, top - 50, left + 70, top + 90], fill=(120, 100, 50))
            draw.ellipse([left - 14, top - 14, left + 14, top + 14], fill=(255, 230, 150) if lit else (50, 50, 56))
    return image.filter(ImageFilter.GaussianBlur(5))


def _pothole(chance: Random, mended: bool) -> Image.Image:
    image = _ground((112, 112, 110), (86, 86, 88))
    draw = ImageDraw.Draw(image)
    draw.line([(500, 0), (chance.randrange(440, 560), 768)], fill=(205, 205, 200), width=16)
    for _ in range(1 if mended else chance.randrange(1, 4)):
        outline = _blot(chance, chance.randrange(250, 780), chance.randrange(330, 600), chance.randrange(110, 220))
        draw.polygon(outline, fill=(38, 38, 40) if mended else (58, 48, 38))
        if not mended:
            draw.polygon([(x, y + 12) for x, y in outline], fill=(82, 70, 56))
    for _ in range(160):
        x, y = chance.randrange(SIZE[0]), chance.randrange(SIZE[1])
        draw.ellipse([x, y, x + 5, y + 4], fill=(132, 130, 124))
    return image.filter(ImageFilter.GaussianBlur(1.5))


def _rubbish(chance: Random, mended: bool) -> Image.Image:
    image = _ground((150, 158, 160), (118, 112, 100))
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 250, 1024, 420], fill=(170, 150, 126))
    for row in range(0 if mended else 46):
        x, y, size = chance.randrange(200, 820), 400 + row * 6, chance.randrange(24, 70)
        colour = chance.choice([(28, 28, 30), (196, 60, 48), (225, 225, 220), (60, 96, 160), (210, 180, 70)])
        draw.polygon(_blot(chance, x, y, size), fill=colour)
    return image.filter(ImageFilter.GaussianBlur(1.2))


def _water(chance: Random, mended: bool) -> Image.Image:
    image = _ground((176, 186, 192), (104, 104, 100))
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 260, 1024, 360], fill=(140, 134, 120))
    if not mended:
        draw.polygon(_blot(chance, 512, 580, 520), fill=chance.choice([(74, 82, 84), (96, 86, 62), (50, 54, 50)]))
        for line in range(12):
            y = 470 + line * 18
            draw.line([(chance.randrange(120, 400), y), (chance.randrange(560, 900), y)], fill=(150, 158, 160), width=3)
    return image.filter(ImageFilter.GaussianBlur(2))


def _street(chance: Random, mended: bool) -> Image.Image:
    image = _ground((190, 208, 222), (120, 120, 118))
    draw = ImageDraw.Draw(image)
    for left in range(0, 1024, 150):
        top = chance.randrange(90, 260)
        wall = tuple(chance.randrange(130, 225) for _ in range(3))
        draw.rectangle([left, top, left + 146, 460], fill=wall)
        draw.rectangle([left + 30, top + 40, left + 110, top + 110], fill=(86, 100, 112))
    draw.rectangle([0, 460, 1024, 520], fill=(176, 160, 140))
    for _ in range(0 if mended else chance.randrange(3, 7)):
        x = chance.randrange(40, 860)
        draw.rounded_rectangle(
            [x, 430, x + 140, 540], 24, fill=chance.choice([(180, 40, 36), (40, 70, 130), (70, 70, 74)])
        )
    return image.filter(ImageFilter.GaussianBlur(1.5))


_PAINTERS: Mapping[str, Callable[[Random, bool], Image.Image]] = {
    "night": _night,
    "pothole": _pothole,
    "rubbish": _rubbish,
    "water": _water,
    "street": _street,
}
