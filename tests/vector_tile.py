"""Reads a Mapbox Vector Tile as far as tests look at it: layers, their features' properties and first positions.

A tile is a Protocol Buffers message (vector tile specification 2.1); no library is needed for this much.
"""

import struct
from collections.abc import Iterator
from typing import Any


def read_tile(data: bytes) -> dict[str, list[dict[str, Any]]]:
    """Features by layer: properties, and `_at`: the first position in the layer's own units (0…4096)."""
    return dict(_layer(payload) for number, payload in _fields(data) if number == 3)


def _layer(data: bytes) -> tuple[str, list[dict[str, Any]]]:
    name, keys, values, raw = "", [], [], []
    for number, payload in _fields(data):
        if number == 1:
            name = payload.decode()
        elif number == 2:
            raw.append(payload)
        elif number == 3:
            keys.append(payload.decode())
        elif number == 4:
            values.append(_value(payload))
    return name, [_feature(payload, keys, values) for payload in raw]


def _feature(data: bytes, keys: list[str], values: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, payload in _fields(data):
        if number == 2:
            tags = list(_varints(payload))
            found |= {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=True)}
        elif number == 4:
            _, x, y, *_ = _varints(payload)
            found["_at"] = ((x >> 1) ^ -(x & 1), (y >> 1) ^ -(y & 1))
    return found


def _value(data: bytes) -> Any:
    number, payload = next(_fields(data))
    if number == 1:
        return payload.decode()
    if number == 3:
        return struct.unpack("<d", payload)[0]
    return bool(payload) if number == 7 else payload


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
        else:
            length, at = _varint(data, at) if kind == 2 else (8 if kind == 1 else 4, at)
            value, at = data[at : at + length], at + length
        yield key >> 3, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value
