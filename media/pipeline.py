"""Image in, image out: a stranger's file becomes three clean pictures, or a refusal; never the raw bytes.

Pure: bytes to values, no files, no network, no clock. `render` runs STAGES in order; a new step is one function
and one line there. It is meant for the short-lived process of `media.decode`: a decoder may die on a file.
"""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from PIL import Image, ImageCms, UnidentifiedImageError

from media.fingerprint import perceptual_hash, placeholder
from media.header import MAX_PIXELS, check_size, is_bare_webp, read_header
from media.hints import hints_of, orientation_of
from media.picture import Hints, Picture, Rendition
from media.problems import PhotoUnreadable

Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow's own second fence behind read_header

RENDITIONS = {"zoom": 2560, "screen": 1280, "thumb": 320}  # longest side in pixels, each made from the one before
WEBP_QUALITY = 80
WEBP_METHOD = 2  # measured on 12 megapixels: 0.25 s; method 4 takes 0.5 s for 4 % fewer bytes
MAX_ICC_BYTES = 1024 * 1024  # a camera's profile has 0.5 to 4 kB, a printer's CMYK profile up to 600 kB

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's three decoders raise on damaged data; anything else is our bug and must be seen.
_DAMAGED = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError,
    EOFError, OverflowError, ZeroDivisionError, struct.error, UnidentifiedImageError,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


@dataclass(kw_only=True)
class Work:
    """The picture on its way through the stages. `stored`: width and height in the file, before any turning."""

    image: Image.Image
    stored: tuple[int, int]
    orientation: int = 1
    icc: bytes = b""
    hints: Hints = field(default_factory=Hints)
    placeholder: str = ""
    phash: str = ""
    renditions: list[Rendition] = field(default_factory=list)

    @property
    def upright(self) -> tuple[int, int]:
        return (self.stored[1], self.stored[0]) if self.orientation >= 5 else self.stored


def open_photo(data: bytes) -> Work:
    """Header only, nothing decoded. Raises what `read_header` raises."""
    header = read_header(data)
    image = Image.open(io.BytesIO(data), formats=[header.format])
    check_size(*image.size)  # the decoder's own idea of the size; ours may have been fooled
    return Work(image=image, stored=image.size)


def load_first_frame(work: Work) -> None:
    """Decode the first frame only; a JPEG is already reduced to about zoom size while it is decoded.

    Before anything else touches the picture: reading a PNG's EXIF would decode it on the way and hide its damage.
    """
    work.image.draft(None, fitting(work.stored, RENDITIONS["zoom"]))
    work.image.load()


def read_hints(work: Work) -> None:
    """Orientation, place, time, colour profile: read here, since the next stages drop every byte of metadata."""
    work.orientation = orientation_of(work.image)
    work.hints = hints_of(work.image)
    profile = work.image.info.get("icc_profile") or b""
    work.icc = profile if isinstance(profile, bytes) and len(profile) <= MAX_ICC_BYTES else b""


def shrink(work: Work) -> None:
    """At most zoom size from here on: later stages touch 5 megapixels, not 50."""
    target = fitting(work.stored, RENDITIONS["zoom"])
    work.image = eight_bits(work.image)
    if work.image.size != target:
        work.image = work.image.resize(target, Image.Resampling.LANCZOS)


def turn_upright(work: Work) -> None:
    """EXIF orientation becomes pixels, before anything that could forget it."""
    if work.orientation in _UPRIGHT:
        work.image = work.image.transpose(_UPRIGHT[work.orientation])


def into_srgb(work: Work) -> None:
    """Three channels of sRGB; transparency is laid on white; a colour profile is honoured, then gone."""
    image = on_white(work.image)
    if work.icc:
        image = _by_profile(image, work.icc)
    work.image = image.convert("RGB")


def keep_pixels_only(work: Work) -> None:
    """A new picture that has never heard of comments, EXIF, XMP, IPTC, profiles, thumbnails or trailing bytes."""
    clean = Image.new("RGB", work.image.size)
    clean.paste(work.image)
    work.image = clean


def make_renditions(work: Work) -> None:
    """WebP for zoom, screen and list; never larger than the photo itself."""
    image = work.image
    for name, longest in RENDITIONS.items():
        size = fitting(image.size, longest)
        if size != image.size or not work.renditions:
            image = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)
            encoded = to_webp(image)
        work.renditions.append(Rendition(name=name, width=image.width, height=image.height, data=encoded))
    work.image = image


def take_fingerprint(work: Work) -> None:
    """Placeholder and perceptual hash, both from the smallest rendition."""
    work.placeholder = placeholder(work.image)
    work.phash = perceptual_hash(work.image)


def prove_clean(work: Work) -> None:
    """Refuses to let a file leave that holds anything but pixels."""
    for rendition in work.renditions:
        if not is_bare_webp(rendition.data):
            raise PhotoUnreadable()


STAGES: list[Callable[[Work], None]] = [
    load_first_frame,
    read_hints,
    shrink,
    turn_upright,
    into_srgb,
    keep_pixels_only,
    make_renditions,
    take_fingerprint,
    prove_clean,
]


def render(data: bytes) -> Picture:
    """Every stage, or a refusal: PhotoTooHeavy, NotAPhoto, ImageTooLarge, PhotoUnreadable."""
    try:
        work = open_photo(data)
        for stage in STAGES:
            stage(work)
    except _DAMAGED as damaged:
        raise PhotoUnreadable() from damaged
    return Picture(
        width=work.upright[0],
        height=work.upright[1],
        renditions=tuple(work.renditions),
        placeholder=work.placeholder,
        phash=work.phash,
        hints=work.hints,
    )


def probe(data: bytes) -> tuple[int, int]:
    """Decodes coarsely, keeps nothing: upright (width, height) in pixels, or the refusal `render` would raise."""
    try:
        work = open_photo(data)
        work.image.draft(None, (1, 1))
        work.image.load()
    except _DAMAGED as damaged:
        raise PhotoUnreadable() from damaged
    work.orientation = orientation_of(work.image)
    return work.upright


def fitting(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Sides in pixels, scaled down so that the longer one is at most `longest`, never up, never under 1."""
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey becomes 8-bit grey, palettes and bitmaps become colours that can be resized."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("1", "P", "PA"):
        return image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    if image.mode == "LA":
        return image.convert("RGBA")
    return image


def on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _by_profile(image: Image.Image, icc: bytes) -> Image.Image:
    """The picture through its own profile; where the profile is broken or of another kind, as it stands."""
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return cast(Image.Image, converted)


def to_webp(image: Image.Image) -> bytes:
    """WebP bytes of bare pixels; the empty values keep Pillow from carrying anything along."""
    out = io.BytesIO()
    nothing: dict[str, Any] = {"exif": b"", "icc_profile": b"", "xmp": b""}
    image.save(out, "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD, **nothing)
    return out.getvalue()
