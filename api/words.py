"""The sentences of the HTTP edge, vi and en."""

from pathlib import Path

from kit.words import Catalogue

WORDS = Catalogue(Path(__file__).parent / "locales")
