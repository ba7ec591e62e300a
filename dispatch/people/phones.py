"""Phone numbers: one written form (E.164), Vietnamese mobiles only where we send SMS."""

import re

import phonenumbers

from dispatch.people.errors import PhoneInvalid

_TYPED = re.compile(r"^\+?[0-9 .()-]{8,20}$")  # ASCII digits only: int("０９") would read full-width ones
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


def vietnamese_mobile(typed: str) -> str:
    """The number as +84…; PhoneInvalid for a landline, a foreign, a premium or an impossible number."""
    cleaned = typed.translate(_INVISIBLE).strip()
    if not _TYPED.match(cleaned):
        raise PhoneInvalid()
    if cleaned.startswith("84") and len(re.sub(r"\D", "", cleaned)) == 11:
        cleaned = "+" + cleaned
    try:
        number = phonenumbers.parse(cleaned, "VN")
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalid() from error
    is_mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    if number.country_code != 84 or not phonenumbers.is_valid_number(number) or not is_mobile:
        raise PhoneInvalid()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def prefix_of(phone: str) -> str:
    """The number without its last four digits: what SMS pumping walks through."""
    return phone[:-4]
