"""Personal numbers inside free text: covered for everybody but the sender. Breaking the seal shows the text whole.

Covered: phone numbers as they are written in Vietnam (0…, 84…, +84…, with spaces, dots or dashes), e-mail addresses,
identity numbers (12 digits; 9 on old cards). House numbers, dates and prices stay.
"""

import re

COVER = "•••"
_PERSONAL = re.compile(
    r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"
    r"|(?<![\d.])(?:\+?84|0)(?:[ .-]?\d){8,10}(?![\d])"
    r"|(?<!\d)\d{12}(?!\d)"
    r"|(?<!\d)\d{9}(?!\d)"
)


def masked(text: str) -> str:
    """The text with personal numbers and addresses covered."""
    return _PERSONAL.sub(COVER, text)
