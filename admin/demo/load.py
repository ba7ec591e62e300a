"""The demo province: drawn wards, a directory, people. Loading it again changes nothing that somebody edited.

Writes DIR/demo.json (mode 0600) for scripts and the simulation; never in production.
"""

import base64
import json
import os
import secrets
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from sqlmodel import Session, select

from admin.demo.people import put_api_key, put_people, read_people
from admin.demo.wards import PROVINCE, SOURCE, Unit, draw_units, province_name
from admin.directory import DirectoryRefused
from admin.imports.area_store import Wish
from admin.imports.areas import import_drafts
from admin.imports.directory import import_folder
from admin.imports.features import AreaDraft
from dispatch.tables.directory import Agency, Area
from kit.clock import utc_now
from kit.db import reading, unit_of_work
from kit.problems import FieldError
from kit.settings import Settings

REFORM = date(2025, 7, 1)  # Resolution 1676/NQ-UBTVQH15: the present wards exist since this day
FOLDER = Path(__file__).parent / "province"


class NotInProduction(RuntimeError):
    """Demo accounts and drawn borders do not belong into a production system."""


def load_demo(settings: Settings) -> dict[str, Any]:
    """Load what is missing and write demo.json; returns its content. A few seconds the first time."""
    if settings.profile == "prod":
        raise NotInProduction
    load_areas()
    load_directory(settings)
    people = read_people()
    kept = _read(settings)
    known = {entry["login"]: entry for entry in kept.get("accounts", ()) if "login" in entry}
    api_key = kept.get("open311_api_key") or secrets.token_urlsafe(24)
    with unit_of_work() as session:
        accounts = put_people(session, people, known, now=utc_now())
        session.flush()
        put_api_key(session, api_key)
    return refresh(settings, _content(people, accounts, kept, api_key))


def load_areas() -> None:
    """The drawn wards, their province and the neighbours' units, each layer only while it is empty."""
    with reading() as session:
        filled = set(session.exec(select(Area.layer).distinct()))
    if "ward" in filled:
        return
    wards, neighbours = draw_units()
    whole = shapely.coverage_union_all([ward.geometry for ward in wards])
    province = Unit(code=PROVINCE, name=province_name(), province="", geometry=whole)
    for layer, units in (("province", [province]), ("ward", wards), ("neighbour", neighbours)):
        if layer not in filled:
            wish = Wish(layer=layer, valid_from=REFORM, approximate=True, source=SOURCE)
            import_drafts(list(_drafts(units)), wish, dry_run=False)


def load_directory(settings: Settings) -> None:
    """The directory of `province/*.yaml`, unless there is one already. DirectoryRefused names what is wrong."""
    with reading() as session:
        if session.exec(select(Agency.code).limit(1)).first():
            return
    start = datetime(REFORM.year, REFORM.month, REFORM.day, tzinfo=ZoneInfo(settings.timezone))
    plan, _ = import_folder(FOLDER, at=start)
    if plan.findings:
        raise DirectoryRefused(errors=tuple(FieldError(one.where, f"{one.problem} {one.ref}") for one in plan.findings))


def refresh(settings: Settings, content: dict[str, Any] | None = None) -> dict[str, Any]:
    """Write demo.json anew with the present address and time; without `content` the file is read first."""
    content = _read(settings) if content is None else content
    content |= {"base_url": settings.public_url, "timezone": settings.timezone, "now": utc_now().isoformat()}
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
    os.replace(draft, path)
    return content


def _content(
    people: dict[str, Any], accounts: list[dict[str, Any]], kept: dict[str, Any], api_key: str
) -> dict[str, Any]:
    with reading() as session:
        wards = _ward_codes(session)
    residents = [{"role": "resident", "phone": phone} for phone in people["residents"]]
    new_secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    return {
        "base_url": "",
        "accounts": accounts + residents,
        "open311_api_key": api_key,
        "webhook_secret": kept.get("webhook_secret") or new_secret,
        "areas": wards,
        "categories": people["categories"],
        "points": people["points"],
    }


def _ward_codes(session: Session) -> list[str]:
    """The wards of today; those with a point of ours first, so that `areas[0]` is where `points[0]` is."""
    today = utc_now().date()
    rows = session.exec(select(Area).where(Area.layer == "ward", Area.valid_from <= today).order_by(Area.code))
    standing = [row.code for row in rows if row.valid_to is None or today < row.valid_to]
    first = [point["area"] for point in read_people()["points"] if point["area"] in standing]
    return list(dict.fromkeys(first + standing))


def _drafts(units: Iterable[Unit]) -> Iterable[AreaDraft]:
    for unit in units:
        parts = [part for part in shapely.get_parts(unit.geometry) if part.geom_type == "Polygon"]
        yield AreaDraft(
            code=unit.code, name=unit.name, parent=unit.province or None, ground=shapely.MultiPolygon(parts)
        )


def _path(settings: Settings) -> Path:
    return Path(settings.data_dir) / "demo.json"


def _read(settings: Settings) -> dict[str, Any]:
    path = _path(settings)
    if not path.exists():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
