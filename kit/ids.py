"""Time-ordered ids (UUIDv7, RFC 9562) and the short public code that people read out on the phone."""

import re
import secrets
from uuid import UUID

import uuid6

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32: no I, L, O, U
_CODE = re.compile(rf"^[{ALPHABET}]{{8}}$")


def new_id() -> UUID:
    """A UUIDv7 as a plain uuid.UUID."""
    return UUID(int=uuid6.uuid7().int)


def is_uuid7(text: str) -> bool:
    """True for the lower-case canonical text form of a UUIDv7, and nothing else."""
    try:
        parsed = UUID(text)
    except ValueError:
        return False
    return parsed.version == 7 and str(parsed) == text


def check_character(body: str) -> str:
    """Check character over the first seven: a weighted sum mod 31 finds one wrong or two swapped characters."""
    total = sum((position + 2) * ALPHABET.index(sign) for position, sign in enumerate(body))
    return ALPHABET[total % 31]


def new_code() -> str:
    """Eight characters, the last a check character; 35 bits of chance, so collisions are met by retry."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(7))
    return body + check_character(body)


def show_code(code: str) -> str:
    """Two groups of four, as people read it."""
    return f"{code[:4]}-{code[4:]}"


def read_code(text: str) -> str | None:
    """The stored form of a code somebody typed (case and hyphen ignored), or None if it cannot be one."""
    code = text.strip().upper().replace("-", "").replace(" ", "")
    if not _CODE.match(code) or check_character(code[:7]) != code[7]:
        return None
    return code
