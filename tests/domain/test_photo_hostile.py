"""Files that mean harm or are broken: rows B8–B16 of the bad-input matrix, and the walls of the decoder's process."""

import io
import os
import resource
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from media import sandbox
from media.header import MAX_BYTES, read_header
from media.problems import ImageTooLarge, NotAPhoto, PhotoTooHeavy, PhotoUnreadable
from tests.photo_files import REFUSALS, assert_clean, file_of, gps_exif, png_chunk, png_of, street

HERE = Path(__file__).resolve().parents[2]


def test_a_bomb_is_refused_by_its_header():
    """169 megapixels in 20 kB would be half a gigabyte of colour."""
    bomb = png_of(13_000, 13_000, rows=bytes(13_000 * (13_000 * 3 // 16)))
    assert len(bomb) < 100_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for judge in (read_header, sandbox.probe, sandbox.render):
        with pytest.raises(ImageTooLarge):
            judge(bomb)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


@pytest.mark.parametrize(("width", "height"), [(65_535, 65_535), (2**31 - 1, 1), (0, 10), (10, 0), (1, 16_385)])
def test_impossible_sizes_are_refused(width, height):
    with pytest.raises(ImageTooLarge):
        sandbox.render(png_of(width, height, rows=b"\0" * 100))


def test_a_jpeg_that_lies_about_its_size_is_refused():
    data = bytearray(file_of(street()))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)
    with pytest.raises(ImageTooLarge):
        sandbox.render(bytes(data))


@pytest.mark.parametrize("kind", ["GIF", "ICO", "EPS", "TIFF", "JPEG2000", "PDF", "BMP", "PPM", "TGA"])
def test_only_three_formats_are_opened(kind):
    with pytest.raises(NotAPhoto):
        sandbox.render(file_of(street(64, 64), kind))


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 'https://example.invalid/x'",
        b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
        b"%!PS\n%pipe%id\n",
        b"SIMPLE  =                    T",
        b"x",
        b"\xff\xd8",
    ],
)
def test_programs_and_drawings_are_not_photos(data):
    with pytest.raises(NotAPhoto):
        sandbox.render(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_that_was_cut_off_is_refused(kind):
    data = file_of(street(), kind)
    for tenth in range(1, 10):
        with pytest.raises((PhotoUnreadable, NotAPhoto)):
            read_header(data[: len(data) * tenth // 10])
        with pytest.raises((PhotoUnreadable, NotAPhoto)):
            sandbox.render(data[: len(data) * tenth // 10])


def test_damage_deep_inside_is_found_by_decoding():
    """The structure is whole, so the header passes; both ways of decoding must see it."""
    noise = Image.frombytes("RGB", (400, 300), os.urandom(400 * 300 * 3))
    data = bytearray(file_of(noise, "PNG"))
    inside = data.index(b"IDAT", len(data) // 2) + 4
    data[inside : inside + 60_000] = bytes(60_000)
    assert read_header(bytes(data)).format == "PNG"
    for judge in (sandbox.probe, sandbox.render):
        with pytest.raises(PhotoUnreadable):
            judge(bytes(data))


def test_nothing_and_too_much_are_refused():
    with pytest.raises(PhotoUnreadable):
        sandbox.render(b"")
    with pytest.raises(PhotoTooHeavy):
        read_header(file_of(street()) + bytes(MAX_BYTES))


def test_a_film_shows_its_first_frame_only():
    """10,000 frames, in both formats that allow it, in less than two seconds."""
    first, still = street(64, 64), file_of(street(64, 64), "PNG")
    idat = still[still.index(b"IDAT") + 4 :]
    pixels = idat[: struct.unpack(">I", still[still.index(b"IDAT") - 4 : still.index(b"IDAT")])[0]]
    frame = struct.pack(">IIIIHHBB", 64, 64, 0, 0, 1, 10, 0, 0)
    film = [
        still[:33],
        png_chunk(b"acTL", struct.pack(">II", 10_000, 0)),
        png_chunk(b"fcTL", struct.pack(">I", 0) + frame),
    ]
    film += [png_chunk(b"IDAT", pixels)]
    for number in range(1, 10_000):
        film.append(png_chunk(b"fcTL", struct.pack(">I", 2 * number - 1) + frame))
        film.append(png_chunk(b"fdAT", struct.pack(">I", 2 * number) + pixels))
    apng = b"".join(film) + png_chunk(b"IEND", b"")
    loop = file_of(first, "WEBP", save_all=True, append_images=[Image.new("RGB", (64, 64), "pink")] * 2, lossless=True)
    at = loop.index(b"ANMF")
    block = loop[at : at + 8 + struct.unpack("<I", loop[at + 4 : at + 8])[0]]
    body = loop[12:] + block * 10_000
    webp = b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
    for data in (apng, webp):
        assert len(data) < MAX_BYTES
        started = time.monotonic()
        picture = sandbox.render(data)
        assert time.monotonic() - started < 2
        shown = Image.open(io.BytesIO(picture.renditions[0].data)).convert("RGB")
        assert shown.getpixel((4, 4))[0] > 200 > shown.getpixel((4, 4))[1] + 100


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_bytes_end_in_a_picture_or_a_refusal(data):
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))
    spoiled = bytearray(file_of(street(160, 120), kind, exif=gps_exif(105.2, 21.3)))
    for _ in range(data.draw(st.integers(1, 8))):
        spoiled[data.draw(st.integers(0, len(spoiled) - 1))] = data.draw(st.integers(0, 255))
    with suppress(*REFUSALS):
        assert_clean(sandbox.render(bytes(spoiled)))


def test_the_decoder_can_neither_grow_nor_read_nor_write():
    """The very limits of a decoding child, tried from inside."""
    attack = """
import os
from media.decode import give_up_rights
give_up_rights()
for deed in (lambda: bytearray(2 << 30), lambda: open("/etc/passwd"), lambda: os.open(".", os.O_RDONLY)):
    try:
        deed()
    except (MemoryError, OSError):
        continue
    raise SystemExit("it could")
os.write(1, b"nothing was possible")
os._exit(0 if os.geteuid() else 3)
"""
    ended = subprocess.run(
        [sys.executable, "-c", attack],
        capture_output=True,
        check=False,
        cwd=HERE,
    )
    assert (ended.stdout, ended.returncode) == (b"nothing was possible", 0), ended.stderr.decode()


def test_a_dead_decoder_is_replaced_and_its_victim_refused():
    good = file_of(street())
    assert sandbox.probe(good) == (640, 480)
    first = sandbox._house.process
    os.kill(first.pid, 9)
    first.wait()
    assert sandbox.probe(good) == (640, 480)
    assert sandbox._house.process.pid != first.pid


def test_an_endless_decoder_is_ended_by_the_kernel():
    """A child in a loop inside C code answers nothing; the alarm that `give_up_rights` sets ends it."""
    loop = (
        "import signal; from media import decode; decode.WALL_S = 1; decode.give_up_rights(); b'a' * 10 in iter(int, 1)"
    )
    started = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", loop], check=False, cwd=HERE)
    assert ended.returncode == -14
    assert time.monotonic() - started < 5
