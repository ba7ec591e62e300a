"""The sentences of the HTTP edge, vi and en: our own, and what media and messages say of their refusals."""

from pathlib import Path

from kit.words import Catalogue

_ROOT = Path(__file__).resolve().parents[1]
WORDS = Catalogue(*(_ROOT / name / "locales" for name in ("api", "media", "notifications")))


def say_problem(key: str, locale: str) -> str | None:
    """The sentence, or None where no catalogue has it."""
    return WORDS.say(key, locale) if WORDS.has(key) else None
