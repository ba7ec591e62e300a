"""How the two sides of the decoder's border speak: kind and length and photo in, length and JSON and blobs out."""

import socket
import struct

REQUEST = struct.Struct(">cI")  # kind: p probe, r render
LENGTH = struct.Struct(">I")
WALL_S = 20  # the kernel's alarm ends even a loop inside C code
MAX_ANSWER = 64 * 1024 * 1024  # bytes; three renditions of 2560 pixels as noise stay below 15 MB


def read_exactly(connection: socket.socket, size: int) -> bytearray:
    """`size` bytes; EOFError if the other side ends earlier."""
    data = bytearray(size)
    view, at = memoryview(data), 0
    while at < size:
        read = connection.recv_into(view[at:], size - at)
        if not read:
            raise EOFError
        at += read
    return data
