"""The way into the decoder's process: `render` and `probe` as in `media.pipeline`, but no file can hurt the caller.

One decoder house per process that asks, started on first use and again if it died; it ends by itself when its
owner does. At most as many photos are decoded at once as the machine has processors.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kit.problems import Problem, Unavailable
from media.decode_protocol import LENGTH, MAX_ANSWER, REQUEST, WALL_S, read_exactly
from media.header import is_bare_webp
from media.picture import Hints, Picture, Rendition
from media.problems import DecoderDied, ImageTooLarge, NotAPhoto, PhotoTooHeavy, PhotoUnreadable

ROOT = Path(__file__).resolve().parents[1]
WAIT_FOR_TURN_S = 30
_REFUSALS: dict[str, type[Problem]] = {
    kind.slug: kind for kind in (ImageTooLarge, NotAPhoto, PhotoTooHeavy, PhotoUnreadable)
}


@dataclass
class _House:
    """The running decoder of this process; a fork starts without one."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    turns: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(os.cpu_count() or 1))
    process: subprocess.Popen[bytes] | None = None
    control: socket.socket | None = None


_house = _House()


def _forget() -> None:
    global _house
    if _house.control is not None:
        _house.control.close()
    _house = _House()


os.register_at_fork(after_in_child=_forget)


def render(data: bytes) -> Picture:
    """The clean picture, or PhotoTooHeavy, NotAPhoto, ImageTooLarge, PhotoUnreadable (DecoderDied: when the file,
    or the machine, ended the decoder); Unavailable when there was no turn in time."""
    head, blobs = _ask(b"r", data)
    try:
        parts = zip(head.pop("renditions"), blobs, strict=True)
        renditions = tuple(Rendition(**part, data=blob) for part, blob in parts)
        picture = Picture(**head | {"renditions": renditions, "hints": Hints(**head["hints"])})
    except (KeyError, TypeError, ValueError) as garbled:
        raise PhotoUnreadable() from garbled
    # Asked again on this side of the border: a decoder that a file took over would have said yes.
    if not renditions or not all(is_bare_webp(rendition.data) for rendition in renditions):
        raise PhotoUnreadable()
    return picture


def probe(data: bytes) -> tuple[int, int]:
    """Upright (width, height) in pixels after a coarse decode; refusals as in `render`."""
    head, _ = _ask(b"p", data)
    return int(head["width"]), int(head["height"])


def _ask(kind: bytes, data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    if not _house.turns.acquire(timeout=WAIT_FOR_TURN_S):
        raise Unavailable(retry_after=WAIT_FOR_TURN_S)
    try:
        with _connect() as connection:
            return _exchange(connection, kind, data)
    finally:
        _house.turns.release()


def _exchange(connection: socket.socket, kind: bytes, data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    connection.settimeout(WALL_S + 5)  # the child is dead by then; this only guards against a stopped machine
    try:
        connection.sendall(REQUEST.pack(kind, len(data)))
        connection.sendall(data)
    except OSError:
        pass  # it may have answered before it read all; if it died instead, reading says so
    try:
        (size,) = LENGTH.unpack(read_exactly(connection, LENGTH.size))
        head = json.loads(read_exactly(connection, min(size, MAX_ANSWER)))
        lengths = head.pop("lengths", [])
        if sum(lengths) > MAX_ANSWER:
            raise PhotoUnreadable()
        blobs = [bytes(read_exactly(connection, length)) for length in lengths]
    except (EOFError, OSError, ValueError) as died:
        raise DecoderDied() from died
    if "refusal" in head:
        raise _REFUSALS.get(head["refusal"], PhotoUnreadable)(facts=head["facts"])
    return head, blobs


def _connect() -> socket.socket:
    """A connection with a fresh child at its other end; starts the house when there is none."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs, _house.lock:
        for _ in range(2):
            control = _house.control if _house.process and _house.process.poll() is None else None
            try:
                socket.send_fds(control or _start(), [b"+"], [theirs.fileno()])
            except OSError:
                _stop()
                continue
            return ours
    ours.close()
    raise Unavailable(retry_after=5)


def _start() -> socket.socket:
    _stop()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        _house.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "media.decode"],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},  # no secret of ours is in its memory
            start_new_session=True,  # a Ctrl-C meant for us must not kill photos half-way
        )
    _house.control = ours
    return ours


@atexit.register
def _stop() -> None:
    if _house.control is not None:
        _house.control.close()
    if _house.process is not None:
        _house.process.kill()
        _house.process.wait()
    _house.control = _house.process = None
