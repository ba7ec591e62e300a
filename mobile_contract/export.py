"""Write the contract as it is served today: `python -m mobile_contract.export [--check]`.

`openapi.json` (OpenAPI 3.1) and `problems.json` (every refusal: type, status, title and detail in vi and en).
With --check nothing is written; exit 1 when a file differs from what the code serves.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def contract() -> dict[str, Any]:
    """File name → content. The production profile: the demo's own doors are no part of the contract."""
    from api.app import make_app
    from api.problems import details, status_of
    from kit.problems import every_problem

    catalogue = []
    for slug, kind in sorted(every_problem().items()):
        said = {locale: details(kind(), locale, instance="") for locale in ("vi", "en")}
        words = {locale: {"title": body["title"], "detail": body["detail"]} for locale, body in said.items()}
        catalogue.append({"type": f"/problems/{slug}", "status": status_of(kind), **words})
    schema = make_app(with_demo=False).openapi()
    return {"openapi.json": schema, "problems.json": {"problems": catalogue}}


def main(argv: list[str]) -> int:
    differing = []
    for name, content in contract().items():
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            differing.append(name)
            if "--check" not in argv:
                path.write_text(text, encoding="utf-8")
    for name in differing:
        print(f"{'differs' if '--check' in argv else 'written'}: {name}")  # noqa: T201
    return int(bool(differing) and "--check" in argv)


if __name__ == "__main__":
    os.environ.setdefault("HT_PROFILE", "test")
    sys.exit(main(sys.argv[1:]))
