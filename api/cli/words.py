"""What the command line says, in the language of the terminal; always on stderr, which is for people."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from kit.words import Catalogue

WORDS = Catalogue(Path(__file__).parent / "locales")


def terminal_locale() -> str:
    """`vi` or `en`, by the usual variables (LC_ALL, LC_MESSAGES, LANG); English where they say neither."""
    wish = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "vi" if wish.lower().startswith("vi") else "en"


def words(key: str, **facts: Any) -> str:
    return WORDS.say(key, locale=terminal_locale(), **facts)


def tell(key: str, **facts: Any) -> None:
    """One sentence to stderr."""
    print(words(key, **facts), file=sys.stderr, flush=True)  # noqa: T201 - the command line speaks by printing
