"""Phone numbers: one written form (E.164), Vietnamese mobiles only where we send SMS."""

import re

import phonenumbers

from dispatch.people.errors import NoMobileOfOurs, PhoneInvalid

_TYPED = re.compile(r"^\+?[0-9 .()-]{8,20}$")  # ASCII digits only: int("０９") would read full-width ones
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


def vietnamese_mobile(typed: str) -> str:
    """The number as +84…; NoMobileOfOurs for a landline, a foreign or a premium number, PhoneInvalid for no number."""
    cleaned = typed.translate(_INVISIBLE).strip()
    if not _TYPED.match(cleaned):
        raise PhoneInvalid()
    if cleaned.startswith("84") and len(re.sub(r"\D", "", cleaned)) == 11:
        cleaned = "+" + cleaned
    try:
        number = phonenumbers.parse(cleaned, "VN")
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalid() from error
    if not phonenumbers.is_valid_number(number):
        raise PhoneInvalid()
    is_mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    if number.country_code != 84 or not is_mobile:
        raise NoMobileOfOurs()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def prefix_of(phone: str) -> str:
    """The number without its last four digits: what SMS pumping walks through."""
    return phone[:-4]
