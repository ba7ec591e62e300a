"""Query strings and path ids, read strictly for every endpoint by one dependency.

FastAPI ignores parameters it does not know, takes the last of two, reads `1_0` and `１０` as ten, and takes four
spellings of a UUID for one. Each of these lets two readers of the same address see different things.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID
from weakref import WeakKeyDictionary

from fastapi import Depends, Request
from fastapi.routing import APIRoute

from kit.problems import FieldError, Invalid

MAX_VALUE = 2_000  # characters of one value; endpoints ask for less where they can
_FORMS: dict[type, re.Pattern[str]] = {
    int: re.compile(r"-?[0-9]{1,18}"),
    float: re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?"),
    UUID: re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    date: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}
_BOX = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,12})?(,-?[0-9]{1,3}(\.[0-9]{1,12})?){3}")
CURSOR = "cursor"  # its own refusal (400 invalid-cursor) is the business of api.cursors


_known: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()  # endpoint → its parameters


def _declared(route: APIRoute) -> dict[str, Any]:
    """Parameter name → annotation, of the endpoint and of everything it depends on."""
    if (known := _known.get(route.endpoint)) is not None:
        return known
    found: dict[str, Any] = {}
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        for field in (*dependant.query_params, *dependant.path_params):
            found[field.alias] = field.field_info.annotation
        waiting.extend(dependant.dependencies)
    _known[route.endpoint] = found
    return found


def _types(annotation: Any) -> Iterator[Any]:
    """The plain types in an annotation such as ``list[str] | None``."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType, Annotated, list):
        for part in get_args(annotation):
            yield from _types(part)
        if origin is list:
            yield list
    else:
        yield annotation


def _is_readable(value: str) -> bool:
    return len(value) <= MAX_VALUE and not any(
        unicodedata.category(sign) in {"Cc", "Cs"} or sign == "\ufffd" for sign in value
    )


def _is_of_form(value: str, types: set[Any]) -> bool:
    forms = [form for kind, form in _FORMS.items() if kind in types]
    return not forms or any(form.fullmatch(value) for form in forms)


async def strict_parameters(request: Request) -> None:
    """Refuse unknown and repeated parameters, unreadable values and odd spellings of numbers, days and ids."""
    declared = _declared(request.scope["route"])
    wrong: list[FieldError] = []
    for name in dict.fromkeys(request.query_params.keys()):
        values = request.query_params.getlist(name)
        if name not in declared or (len(values) > 1 and list not in _types(declared[name])):
            wrong.append(FieldError(f"/{_shown(name)}", "unknown-parameter"))
        elif name != CURSOR and not all(
            _is_readable(v) and _is_of_form(v, set(_types(declared[name]))) for v in values
        ):
            wrong.append(FieldError(f"/{name}", "wrong"))
    for name, value in request.path_params.items():
        if name in declared and not _is_of_form(str(value), set(_types(declared[name]))):
            wrong.append(FieldError(f"/{name}", "wrong"))
    if wrong:
        raise Invalid(errors=tuple(wrong[:20]))


def read_box(text: str) -> tuple[float, float, float, float]:
    """west,south,east,north in degrees; Invalid for anything else."""
    if not _BOX.fullmatch(text):
        raise Invalid(errors=(FieldError("/bbox", "wrong"),))
    west, south, east, north = (float(part) for part in text.split(","))
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise Invalid(errors=(FieldError("/bbox", "out-of-range"),))
    return west, south, east, north


def _shown(name: str) -> str:
    """A name that the caller invented may be anything: only a plain one is repeated to him."""
    return name if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name) else "?"


StrictParameters = Depends(strict_parameters)
