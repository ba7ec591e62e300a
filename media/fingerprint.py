"""Two short descriptions of a picture: a blurred placeholder to paint first, and a hash to find look-alikes.

The placeholder is a blurhash (version of blurha.sh), the hash is the DCT hash known as pHash; tests compare both
with the packages `blurhash-python` and `imagehash`. Plain Python on tiny pictures: importing the numeric libraries
would cost each decoder more memory than the photo.
"""

from collections.abc import Sequence
from math import copysign, cos, pi
from statistics import median

from PIL import Image

_SIDE, _LOW = 32, 8  # pHash: picture side before the transform; frequencies kept per axis
_DCT = [[2 * cos(pi * u * (2 * x + 1) / (2 * _SIDE)) for x in range(_SIDE)] for u in range(_LOW)]
_WAVES = [[cos(pi * u * x / _SIDE) for x in range(_SIDE)] for u in range(4)]  # blurhash
_LINEAR = [v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in range(256)]
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


def perceptual_hash(image: Image.Image) -> str:
    """64 bits as 16 hex digits; compare by Hamming distance."""
    grey = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    pixels = grey.tobytes()
    columns = [pixels[x::_SIDE] for x in range(_SIDE)]
    half = [[_dot(wave, column) for column in columns] for wave in _DCT]
    low = [_dot(wave, row) for row in half for wave in _DCT]
    middle = median(low)
    bits = "".join("1" if value > middle else "0" for value in low)
    return f"{int(bits, 2):016x}"


def placeholder(image: Image.Image) -> str:
    """A blurhash of 4 × 3 components (3 × 4 for a tall picture): 28 characters."""
    across, down = (4, 3) if image.width >= image.height else (3, 4)
    tiny = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    colours = [_components(channel.tobytes(), across, down) for channel in tiny.split()]
    mean, *waves = list(zip(*colours, strict=True))
    strongest = max(abs(value) for wave in waves for value in wave)
    scale = max(0, min(82, int(strongest * 166 - 0.5)))
    text = _base83(across - 1 + (down - 1) * 9, 1) + _base83(scale, 1)
    red, green, blue = (_to_srgb(value) for value in mean)
    text += _base83((red << 16) + (green << 8) + blue, 4)
    for wave in waves:
        red, green, blue = (_nineteenth(value * 166 / (scale + 1)) for value in wave)
        text += _base83(red * 361 + green * 19 + blue, 2)
    return text


def _components(pixels: bytes, across: int, down: int) -> list[float]:
    """Cosine components of one channel in linear light, row by row of frequencies, the mean first."""
    linear = [_LINEAR[pixel] for pixel in pixels]
    rows = [linear[at : at + _SIDE] for at in range(0, _SIDE * _SIDE, _SIDE)]
    half = [[_dot(_WAVES[u], row) for row in rows] for u in range(across)]
    sums = [(u, v, _dot(_WAVES[v], half[u])) for v in range(down) for u in range(across)]
    return [total * (1 if u == v == 0 else 2) / _SIDE**2 for u, v, total in sums]


def _nineteenth(value: float) -> int:
    """-1…1 on a square-root scale of 19 steps."""
    return max(0, min(18, int(copysign(abs(value) ** 0.5, value) * 9 + 9.5)))


def _to_srgb(value: float) -> int:
    light = max(0.0, min(1.0, value))
    return int((light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055) * 255 + 0.5)


def _base83(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83 ** (length - 1 - at) % 83] for at in range(length))


def _dot(wave: Sequence[float], values: Sequence[float]) -> float:
    return sum(factor * value for factor, value in zip(wave, values, strict=True))
