"""Words that change who should read a report first: complaint, denunciation, emergency, insult, advertising.

Phrases are data (`dispatch/words/flags.yaml`). Matching ignores accents, case, NFC/NFD and the place of tone marks;
a phrase written with its marks in the data must keep them in a text that has marks at all ("tố cáo" is not "to cao").
Flags never refuse a report; they only send it past a human.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

DATA = Path(__file__).parent / "words" / "flags.yaml"


@dataclass(frozen=True)
class Phrase:
    flag: str
    plain: str
    marked: str


def fold(text: str) -> str:
    """Lower case without any mark, đ as d, words separated by single spaces."""
    lowered = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    bare = "".join(sign for sign in lowered if not unicodedata.combining(sign))
    return f" {re.sub(r'[^0-9a-z]+', ' ', bare).strip()} "


def _marked(text: str) -> str:
    """Lower case with marks, each word's marks sorted behind it: "hoà" and "hòa" become the same."""
    words = []
    for word in re.split(r"[^\w]+", unicodedata.normalize("NFD", text.lower())):
        letters = "".join(sign for sign in word if not unicodedata.combining(sign))
        marks = "".join(sorted(sign for sign in word if unicodedata.combining(sign)))
        if letters:
            words.append(letters + marks)
    return f" {' '.join(words)} "


@lru_cache(maxsize=1)
def phrases() -> tuple[Phrase, ...]:
    data: dict[str, list[str]] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return tuple(Phrase(flag, fold(phrase), _marked(phrase)) for flag, listed in data.items() for phrase in listed)


def find_flags(text: str) -> tuple[str, ...]:
    """The flags of this text, sorted; () for most."""
    if not text:
        return ()
    plain = fold(text)
    has_marks = any(unicodedata.combining(sign) for sign in unicodedata.normalize("NFD", text)) or "đ" in text.lower()
    marked = _marked(text) if has_marks else ""
    return tuple(sorted({p.flag for p in phrases() if p.plain in plain and (not has_marks or p.marked in marked)}))
