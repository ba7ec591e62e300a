"""The sentences of this package, vi and en, and phrases kept as data."""

from pathlib import Path

from kit.words import Catalogue

WORDS = Catalogue(Path(__file__).resolve().parents[1] / "locales")
