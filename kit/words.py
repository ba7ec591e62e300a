"""Sentences for people, in Vietnamese first and English second, from Fluent catalogues (projectfluent.org).

A package keeps its catalogues in `<package>/locales/<part>.vi.ftl` and `.en.ftl`; both must hold the same keys.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

from fluent.runtime import FluentBundle, FluentResource

LOCALES = ("vi", "en")


class Catalogue:
    """All `.ftl` files of these folders. `say` never fails on a missing language: it falls back to Vietnamese."""

    def __init__(self, *folders: Path) -> None:
        self.folders = folders

    @cached_property
    def _bundles(self) -> dict[str, FluentBundle]:
        bundles = {}
        for locale in LOCALES:
            bundle = FluentBundle([locale], use_isolating=False)
            for path in sorted(path for folder in self.folders for path in folder.glob(f"*{locale}.ftl")):
                bundle.add_resource(FluentResource(path.read_text(encoding="utf-8")))
            bundles[locale] = bundle
        return bundles

    def has(self, key: str) -> bool:
        return self._bundles["vi"].has_message(key)

    def say(self, key: str, locale: str = "vi", **facts: Any) -> str:
        """The sentence for `key`; KeyError when the catalogue does not know it."""
        bundle = self._bundles.get(locale, self._bundles["vi"])
        if not bundle.has_message(key):
            bundle = self._bundles["vi"]
        pattern = bundle.get_message(key).value
        if pattern is None:
            raise KeyError(key)
        text, _errors = bundle.format_pattern(pattern, facts)
        return str(text)

    def keys(self, locale: str) -> set[str]:
        return set(self._bundles[locale]._messages)


def best_locale(accept_language: str | None) -> str:
    """The first of our languages in an Accept-Language header (RFC 9110 §12.5.4); Vietnamese by default."""
    wishes = []
    for position, part in enumerate((accept_language or "").split(",")[:10]):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        if tag[:2].lower() in LOCALES and weight > 0:
            wishes.append((-weight, position, tag[:2].lower()))
    return min(wishes)[2] if wishes else "vi"
