"""The decoder's own process: `python -m media.decode`, started by `media.sandbox` with a socket as its stdin.

It loads the image library once, then forks one child per photo. The child gives up files, memory, processor time
and (as root) its identity, answers once over its own connection and is gone. Whatever a poisoned file does to it
(crash, endless loop, bloat), the process that asked sees an early end of the answer and refuses the photo.
"""

import io
import json
import os
import resource
import signal
import socket
from contextlib import suppress
from dataclasses import asdict
from typing import Any, NoReturn

from PIL import Image

from kit.problems import Problem
from media.decode_protocol import LENGTH, REQUEST, WALL_S, read_exactly
from media.header import MAX_BYTES
from media.pipeline import probe, render
from media.problems import ImageTooLarge

MEMORY = 1 << 30  # address space in bytes: 50 megapixels of animated WebP need some 700 MB
CPU_S = 10
NOBODY = 65534


def warm_up() -> None:
    """Render one picture of each kind, so that no child needs to import anything: by then it may open no file."""
    sample = Image.new("RGB", (64, 48), "teal")
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind in ("JPEG", "PNG", "WEBP"):
        out = io.BytesIO()
        sample.save(out, kind, exif=exif)
        probe(out.getvalue())
        render(out.getvalue())
    __import__("PIL.MpoImagePlugin")


def give_up_rights() -> None:
    """From here on this process can only compute and answer."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(WALL_S)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def work(kind: bytes, data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The answer's head and its blobs."""
    try:
        if kind == b"p":
            width, height = probe(data)
            return {"width": width, "height": height}, []
        picture = render(data)
    except Problem as refusal:
        return {"refusal": refusal.slug, "facts": refusal.facts}, []
    except MemoryError:
        return {"refusal": ImageTooLarge.slug, "facts": {}}, []
    head = asdict(picture)
    blobs = [rendition.pop("data") for rendition in head["renditions"]]
    return head | {"lengths": [len(blob) for blob in blobs]}, blobs


def answer(connection: socket.socket) -> None:
    """One photo in, one answer out."""
    kind, size = REQUEST.unpack(read_exactly(connection, REQUEST.size))
    if size > MAX_BYTES:
        return
    head, blobs = work(kind, bytes(read_exactly(connection, size)))
    text = json.dumps(head).encode()
    connection.sendall(LENGTH.pack(len(text)) + text)
    for blob in blobs:
        connection.sendall(blob)


def child(connection: socket.socket) -> NoReturn:
    """Never returns, so that nothing of the parent's runs in the child."""
    code = 1
    try:
        with suppress(EOFError, OSError):
            give_up_rights()
            answer(connection)
            code = 0
    finally:
        os._exit(code)


def serve(control: socket.socket) -> None:
    """Each message on the control socket carries one connection; the end of it ends the house."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
    while True:
        message, handles, _flags, _address = socket.recv_fds(control, 1, 1)
        if not message:
            return
        connection = socket.socket(fileno=handles[0])
        if os.fork() == 0:
            control.close()
            child(connection)
        connection.close()


def main() -> None:
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    warm_up()
    serve(control)


if __name__ == "__main__":
    main()
