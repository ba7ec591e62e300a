"""What becomes of a stranger's file: rows B1–B7 and B13 of the bad-input matrix, on real photos and on made ones."""

import csv
import io
import struct
import time

import blurhash
import imagehash
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from media import pipeline, sandbox
from media.fingerprint import perceptual_hash, placeholder
from media.header import read_header
from media.problems import PhotoUnreadable
from tests.photo_files import REFUSALS, assert_clean, file_of, gps_exif, png_of, street
from tests.shared_data import ROOT, shared


def manifest():
    listing = ROOT / "photos/manifest.csv"
    if not listing.exists():
        return [pytest.param(None, id="absent", marks=pytest.mark.skip(f"real photos are not here: {listing}"))]
    with listing.open() as rows:
        return [pytest.param(row, id=row["file"].removeprefix("photos/")) for row in csv.DictReader(rows)]


@pytest.mark.parametrize("row", manifest())
def test_every_real_photo_is_cleaned_or_politely_refused(row):
    data = shared(row["file"]).read_bytes()
    started = time.monotonic()
    try:
        picture = sandbox.render(data)
    except REFUSALS:
        ours = row["format"] in ("JPEG", "MPO", "PNG", "WEBP")
        assert row["expect"] != "accept_strip_metadata" or not ours, "a good photo was refused"
    else:
        assert row["expect"] != "reject_4xx_no_crash"
        assert (picture.width, picture.height) == (int(row["display_width"]), int(row["display_height"]))
        assert_clean(picture)
        if row["gps_lat"]:
            assert picture.hints.lat == pytest.approx(float(row["gps_lat"]), abs=1e-5)
            assert picture.hints.lon == pytest.approx(float(row["gps_lon"]), abs=1e-5)
    assert time.monotonic() - started < 2


def turned():
    known = [row for row in manifest() if row.values[0] is None or row.values[0]["grid4x4_rgb_after_orientation"]]
    return [row for row in known if row.values[0] is None or row.values[0]["format"] in ("JPEG", "WEBP")]


@pytest.mark.parametrize("row", turned())
def test_real_photos_come_out_upright(row):
    """The manifest holds mean colours of 4 × 4 cells, upright; it ignored the profiles (gamma 1.8) that some carry."""
    picture = sandbox.render(shared(row["file"]).read_bytes())
    image = Image.open(io.BytesIO(picture.renditions[0].data))
    cells = image.resize((4, 4), Image.Resampling.BOX)
    wanted = bytes.fromhex(row["grid4x4_rgb_after_orientation"].replace(" ", ""))
    assert max(abs(a - b) for a, b in zip(cells.tobytes(), wanted, strict=True)) <= 24  # lying wrong: ≥ 58


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_ways_to_hold_a_phone_end_upright(kind, orientation):
    upright = street()
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = upright.transpose(back[orientation]) if orientation > 1 else upright
    data = file_of(stored, kind, exif=gps_exif(105.2, 21.3, orientation))
    assert read_header(data).upright == (640, 480)
    assert sandbox.probe(data) == (640, 480)
    picture = sandbox.render(data)
    assert (picture.width, picture.height) == (640, 480)
    for rendition in picture.renditions:
        shown = Image.open(io.BytesIO(rendition.data)).convert("RGB").resize((8, 8), Image.Resampling.BOX)
        red, lime, blue = shown.getpixel((0, 0)), shown.getpixel((4, 0)), shown.getpixel((0, 4))
        assert red[0] > 200 > red[1] + 100
        assert lime[1] > 200 > lime[0] + 100
        assert blue[2] > 200 > blue[0] + 100


def hiding_places():
    """One photo of each kind with a secret in every place that its format offers, and a payload behind its end."""
    image, exif = street(), gps_exif(105.2, 21.3)
    xmp = b'<?xpacket begin?><x:xmpmeta xmlns:x="adobe:ns:meta/"><a>0912345678</a></x:xmpmeta><?xpacket end?>'
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tail = b"PK\x03\x04<?php echo 0912345678; ?>"
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0f\x1c\x02\x78\0\x0a0912345678"
    app13 = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    thumbnail = file_of(street(160, 120))
    plain = file_of(image, exif=exif, comment=b"phone 0912345678", icc_profile=icc, xmp=xmp)
    yield "jpeg", plain[:2] + app13 + plain[2:] + thumbnail + tail
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "phone 0912345678")
    notes.add_itxt("XML:com.adobe.xmp", xmp.decode())
    yield "png", file_of(image, "PNG", pnginfo=notes, exif=exif, icc_profile=icc) + tail
    yield "webp", file_of(image, "WEBP", exif=exif, icc_profile=icc, xmp=xmp) + tail


@pytest.mark.parametrize(("kind", "data"), [pytest.param(*case, id=case[0]) for case in hiding_places()])
def test_no_secret_survives_wherever_it_was_hidden(kind, data):
    assert b"0912345678" in data
    picture = sandbox.render(data)
    assert_clean(picture)
    assert picture.hints.to_json() == {"lon": 105.2, "lat": 21.3, "taken_at": "2026-03-04T05:06:07+07:00"}


def test_a_stage_that_fails_refuses_the_photo(monkeypatch):
    def broken_stage(_work):
        raise ValueError("the metadata reader choked")

    monkeypatch.setattr(pipeline, "STAGES", [*pipeline.STAGES[:5], broken_stage])
    with pytest.raises(PhotoUnreadable):
        pipeline.render(file_of(street()))


def test_a_stage_that_forgets_to_strip_is_caught_at_the_door(monkeypatch):
    leaky = file_of(street(), "WEBP", exif=gps_exif(105.2, 21.3))
    monkeypatch.setattr(pipeline, "to_webp", lambda _image: leaky)
    with pytest.raises(PhotoUnreadable):
        pipeline.render(file_of(street()))


def test_sixteen_bits_become_eight():
    rows = b"".join(b"\0" + b"".join(struct.pack(">H", column * 256) for column in range(256)) for _ in range(64))
    picture = sandbox.render(png_of(256, 64, rows=rows, depth=16, colour=0))
    shown = Image.open(io.BytesIO(picture.renditions[0].data)).convert("L")
    for column in (16, 128, 240):
        assert abs(shown.getpixel((column, 32)) - column) <= 12


def test_print_colours_and_transparency_become_plain_colours():
    cmyk = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    glass = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    palette = street(64, 64).quantize(16)
    for data, wanted in (
        (file_of(cmyk), (255, 0, 0)),
        (file_of(glass, "PNG"), (255, 255, 255)),
        (file_of(glass, "WEBP", lossless=True, exact=True), (255, 255, 255)),
        (file_of(palette, "PNG", transparency=0), None),
        (file_of(Image.new("1", (64, 64), 1), "PNG"), (255, 255, 255)),
        (file_of(Image.new("LA", (64, 64), (0, 255)), "PNG"), (0, 0, 0)),
    ):
        shown = Image.open(io.BytesIO(sandbox.render(data).renditions[0].data))
        assert shown.mode == "RGB"
        if wanted:
            assert max(abs(a - b) for a, b in zip(shown.getpixel((32, 32)), wanted, strict=True)) <= 8


def test_a_colour_profile_is_honoured_and_then_gone():
    """A profile whose red is blue: ignoring it would show. One of 4 MB is not read at all."""
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = swapped.index(b"rXYZ"), swapped.index(b"bXYZ")
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    data = file_of(Image.new("RGB", (64, 64), (250, 10, 10)), icc_profile=bytes(swapped))
    shown = Image.open(io.BytesIO(sandbox.render(data).renditions[0].data)).getpixel((32, 32))
    assert shown[2] > 200 > shown[0] + 100
    huge = file_of(Image.new("RGB", (64, 64), (250, 10, 10)), icc_profile=bytes(swapped) + bytes(4_000_000))
    started = time.monotonic()
    assert_clean(sandbox.render(huge))
    assert time.monotonic() - started < 2


def test_renditions_fit_their_places_and_are_never_blown_up():
    large, small = sandbox.render(file_of(street(4000, 3000))), sandbox.render(file_of(street(200, 100)))
    assert {r.name: (r.width, r.height) for r in large.renditions} == {
        "zoom": (2560, 1920),
        "screen": (1280, 960),
        "thumb": (320, 240),
    }
    assert {(r.width, r.height) for r in small.renditions} == {(200, 100)}
    thin = sandbox.render(file_of(street(16_000, 8)))
    assert thin.renditions[-1].height == 1


def test_the_hash_is_the_well_known_one_and_finds_look_alikes():
    image = street(320, 240)
    assert perceptual_hash(image) == str(imagehash.phash(image))
    again = sandbox.render(file_of(street(2000, 1500), quality=40))
    other = sandbox.render(file_of(Image.linear_gradient("L").convert("RGB")))
    close = imagehash.hex_to_hash(perceptual_hash(image)) - imagehash.hex_to_hash(again.phash)
    far = imagehash.hex_to_hash(perceptual_hash(image)) - imagehash.hex_to_hash(other.phash)
    assert close <= 8 < far


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_placeholder_is_a_blurhash():
    """Compared with the package of its makers (which calls a method that Pillow is about to drop)."""
    image = street(320, 240)
    assert placeholder(image) == blurhash.encode(image.resize((32, 32), Image.Resampling.BOX), 4, 3)
    assert len(placeholder(image.rotate(90, expand=True))) == 28
