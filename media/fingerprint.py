"""Two short descriptions of a picture: a blurred placeholder to paint first, and a hash to find look-alikes.

The hash is the DCT hash known as pHash, bit for bit that of the `imagehash` package (a test compares them), in
plain Python: importing the numeric libraries would cost each decoder process more than the whole computation.
"""

from math import cos, pi
from statistics import median

import blurhash
from PIL import Image

_SIDE, _LOW = 32, 8  # picture side before the transform; frequencies kept per axis
_COS = [[2 * cos(pi * u * (2 * x + 1) / (2 * _SIDE)) for x in range(_SIDE)] for u in range(_LOW)]


def perceptual_hash(image: Image.Image) -> str:
    """64 bits as 16 hex digits; compare by Hamming distance."""
    grey = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    pixels = grey.tobytes()
    columns = [pixels[x::_SIDE] for x in range(_SIDE)]
    half = [[_dot(wave, column) for column in columns] for wave in _COS]
    low = [_dot(wave, row) for row in half for wave in _COS]
    middle = median(low)
    bits = "".join("1" if value > middle else "0" for value in low)
    return f"{int(bits, 2):016x}"


def placeholder(image: Image.Image) -> str:
    """A blurhash of 4 × 3 components (3 × 4 for a tall picture), about 28 characters."""
    tiny = image.resize((32, 32), Image.Resampling.BOX)
    across, down = (4, 3) if image.width >= image.height else (3, 4)
    return str(blurhash.encode(tiny, x_components=across, y_components=down))


def _dot(wave: list[float], values: "bytes | list[float]") -> float:
    return sum(factor * value for factor, value in zip(wave, values, strict=True))
