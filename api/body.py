"""The body of a request, read once as bytes and read strictly.

FastAPI would take NaN, repeat members, UTF-16 and `true` for 1.0, and answers 500 where its own error holds a lone
surrogate. So: size, UTF-8, JSON without repeats or NaN or depth, then the wire model in strict mode.
"""

import json
import re
import unicodedata
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from kit.problems import FieldError, Invalid, Malformed, TooLarge, Unsupported

MAX_BODY = 256 * 1024
MAX_DEPTH = 32
MAX_MARKS = 6  # combining signs on one letter; Vietnamese needs two, no script in use needs more than five
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
Model = TypeVar("Model", bound=BaseModel)
BODY_MODELS: dict[str, type[BaseModel]] = {}


class MalformedJson(Malformed):
    """The body is not JSON, or is nested without bottom."""

    slug, title = "malformed-json", "Not JSON"


class UnknownField(Invalid):
    """The request holds a member that we do not know; nothing was changed."""

    slug, title = "unknown-field", "Unknown member"


def _clean(text: str) -> str:
    """NFC, and no NUL, lone surrogate or tower of accents: PostgreSQL or readers would trip over them."""
    if any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("characters")
    marks = 0
    for sign in text:
        marks = marks + 1 if sign > "\u02ff" and unicodedata.category(sign) in {"Mn", "Me"} else 0
        if marks > MAX_MARKS:
            raise ValueError("characters")
    return unicodedata.normalize("NFC", text)


def _one_line(text: str) -> str:
    cleaned = _clean(text).translate(INVISIBLE).strip()
    if any(unicodedata.category(sign) in {"Cc", "Cf"} for sign in cleaned):
        raise ValueError("characters")
    return cleaned


Text = Annotated[str, AfterValidator(_clean)]  # free text: NFC, readable characters
Line = Annotated[str, AfterValidator(_one_line)]  # names, codes: one line, nothing invisible


def _six_digits(text: str) -> str:
    """ASCII digits only: int("０９１２") would read full-width ones. What a keyboard adds unseen is dropped."""
    cleaned = text.translate(INVISIBLE).strip()
    if not (cleaned.isascii() and cleaned.isdigit() and len(cleaned) == 6):
        raise ValueError("digits")
    return cleaned


SixDigits = Annotated[str, Field(max_length=40), AfterValidator(_six_digits)]


class Wire(BaseModel):
    """Base of what clients send: unknown members and silent conversions are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


async def read_body(request: Request) -> bytes:
    """The raw body, at most MAX_BODY bytes, sent as JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or request.headers.get("content-encoding", "identity") != "identity":
        raise Unsupported()
    if int(request.headers.get("content-length") or 0) > MAX_BODY:
        raise TooLarge()
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > MAX_BODY:
            raise TooLarge()
    return bytes(taken)


BodyDep = Annotated[bytes, Depends(read_body)]


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed()
    return members


def _no_constants(_name: str) -> Any:
    raise Invalid(errors=(FieldError("", "not-finite"),))


def _depth(value: Any, left: int = MAX_DEPTH) -> None:
    if left == 0:
        raise MalformedJson()
    if isinstance(value, dict):
        for child in value.values():
            _depth(child, left - 1)
    elif isinstance(value, list):
        for child in value:
            _depth(child, left - 1)


def load_json(raw: bytes) -> Any:
    """The JSON value, or Malformed; repeats, NaN, wrong encodings and bottomless nesting are refused."""
    value = _read(raw)
    _depth(value)
    return value


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_no_repeats, parse_constant=_no_constants)
    except (json.JSONDecodeError, RecursionError) as error:
        raise MalformedJson() from error
    except ValueError as error:  # no UTF-8, or a number of thousands of digits
        raise Malformed() from error


def parse(model: type[Model], raw: bytes) -> Model:
    """The wire model of these bytes; Malformed, UnknownField or Invalid with a pointer per wrong place."""
    value = _read(raw)
    if isinstance(value, dict):
        known = {field.alias or name for name, field in model.model_fields.items()}
        strange = [name for name in value if name not in known]
        if strange:  # told before its content is looked at: it may be as deep as it likes
            raise UnknownField(
                errors=tuple(FieldError(f"/{_escape(name)}", "extra-forbidden") for name in strange[:20])
            )
    _depth(value)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise refused(error) from error


def refused(error: ValidationError) -> Invalid:
    """Our refusal for pydantic's: places and reasons, never the input itself."""
    places = tuple(
        FieldError("/" + "/".join(_escape(part) for part in detail["loc"]), detail["type"].replace("_", "-"))
        for detail in error.errors(include_url=False, include_input=False, include_context=False)[:20]
    )
    kind = UnknownField if any(place.detail == "extra-forbidden" for place in places) else Invalid
    return kind(errors=places)


def _escape(part: str | int) -> str:
    """A member's name as part of a JSON pointer. Names that the caller invented are input: only plain ones are said."""
    return str(part) if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", str(part)) else "?"


def describes(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` for an endpoint that parses its body itself; the schema joins the components."""
    BODY_MODELS[model.__name__] = model
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
    return {"requestBody": {"required": True, "content": content}}
