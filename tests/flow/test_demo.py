"""The demo province: a stranger's first start has wards, a directory that runs, people who can sign in."""

import json
import random
import stat
import time
from pathlib import Path

import pyotp
import pytest
import shapely
from sqlmodel import select

from admin.demo.load import NotInProduction, load_demo, refresh
from admin.demo.wards import draw_units
from admin.imports.features import AreaDraft, Names, read_features
from dispatch import rulebook
from dispatch.domain.geography_places import Placement
from dispatch.domain.policy import choose_policy
from dispatch.domain.routing import choose_route
from dispatch.domain.routing_facts import Facts
from dispatch.people.staff import check_login
from dispatch.people.tables import Account
from dispatch.tables.directory import Area, FieldWorker
from kit.clock import utc_now
from kit.db import reading, unit_of_work
from kit.settings import get_settings
from tests.shared_data import shared

ROLES = {"operator", "officer", "field_worker", "supervisor", "administrator", "auditor", "api_client", "resident"}


@pytest.fixture
def demo(db):
    """A freshly loaded demo."""
    path = Path(get_settings().data_dir) / "demo.json"
    path.unlink(missing_ok=True)
    started = time.monotonic()
    content = load_demo(get_settings())
    content["took_s"] = time.monotonic() - started
    return content


def place(lat: float, lon: float) -> Placement:
    with reading() as session:
        snapshot = rulebook.current(session)
        return snapshot.atlas.locate(lon, lat, 0.0, snapshot.local_date(utc_now()))


def test_the_first_start_is_quick_and_the_file_is_private(demo):
    path = Path(get_settings().data_dir) / "demo.json"
    assert demo["took_s"] < 15
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    on_disk = json.loads(path.read_text())
    assert {entry["role"] for entry in on_disk["accounts"]} == ROLES
    assert len({e["agency"] for e in on_disk["accounts"] if e["role"] == "officer"}) >= 2
    crews = [entry["agency"] for entry in on_disk["accounts"] if entry["role"] == "field_worker"]
    assert max(crews.count(agency) for agency in crews) >= 2
    assert len(on_disk["areas"]) == 148
    assert on_disk["open311_api_key"]
    assert on_disk["webhook_secret"].startswith("whsec_")
    assert on_disk["timezone"] == "Asia/Ho_Chi_Minh"


def test_everybody_can_sign_in_with_what_the_file_says(demo):
    now = utc_now()
    with unit_of_work() as session:
        for entry in demo["accounts"][:12]:
            code = pyotp.TOTP(entry["totp_secret"]).at(now) if "totp_secret" in entry else None
            found = check_login(session, entry["login"], entry["password"], code, now=now)
            assert isinstance(found, Account), entry["login"]
            assert (found.role, found.agency_code) == (entry["role"], entry.get("agency"))
            assert str(found.id) == entry["id"]
            assert found.demo
        assert all(account.totp_sealed for account in session.exec(select(Account)) if "contact" in account.scopes)


def test_loading_again_keeps_ids_passwords_and_what_people_edited(demo):
    with unit_of_work() as session:
        session.exec(select(Area).where(Area.layer == "ward", Area.code == "07900")).one().name = "Edited"
        workers = {worker.id for worker in session.exec(select(FieldWorker))}
    again = load_demo(get_settings())
    keys = ("accounts", "open311_api_key", "webhook_secret")
    assert [again[key] for key in keys] == [demo[key] for key in keys]
    with reading() as session:
        assert session.exec(select(Area.name).where(Area.layer == "ward", Area.code == "07900")).one() == "Edited"
        assert {worker.id for worker in session.exec(select(FieldWorker))} == workers


def test_a_lost_file_means_new_passwords_not_locked_doors(demo):
    (Path(get_settings().data_dir) / "demo.json").unlink()
    entry = next(e for e in load_demo(get_settings())["accounts"] if e["login"] == "dieu-phoi")
    assert entry["password"] != next(e for e in demo["accounts"] if e["login"] == "dieu-phoi")["password"]
    with unit_of_work() as session:
        totp = pyotp.TOTP(entry["totp_secret"]).at(utc_now())
        assert isinstance(check_login(session, "dieu-phoi", entry["password"], totp, now=utc_now()), Account)


def test_a_start_on_another_port_is_told_in_the_file(demo):
    from dataclasses import replace

    moved = replace(get_settings(), public_url="http://127.0.0.1:9")
    assert refresh(moved)["base_url"] == "http://127.0.0.1:9"
    assert refresh(moved)["accounts"] == demo["accounts"]


def test_production_refuses_the_demo(db):
    from dataclasses import replace

    with pytest.raises(NotInProduction):
        load_demo(replace(get_settings(), profile="prod"))


def test_every_point_and_category_of_the_file_reaches_an_agency_with_an_officer(demo):
    staffed = {entry["agency"] for entry in demo["accounts"] if entry["role"] == "officer"}
    now = utc_now()
    with reading() as session:
        snapshot = rulebook.current(session)
        for point in demo["points"]:
            placement = place(point["lat"], point["lon"])
            assert placement.area is not None
            assert (placement.area.code, placement.area.approximate) == (point["area"], True)
            for code in demo["categories"]:
                category = snapshot.categories[code]
                assert code in snapshot.leaves
                facts = Facts(
                    category=code,
                    placement=placement,
                    received_at=now,
                    occurred_at=now,
                    severity=category.severity,
                )
                route = choose_route(facts, snapshot.view, desk=snapshot.desk)
                assert route.agency in staffed, (code, point, route)
                policy = choose_policy(
                    snapshot.policies,
                    path=snapshot.tree.path(code),
                    tree=snapshot.tree,
                    severity=category.severity,
                    agency_kind=snapshot.agencies[route.agency].kind,
                    at=now,
                )
                assert policy is not None
                assert {"citizen", "acknowledge", "resolve"} <= policy.targets.keys()
        chosen = [snapshot.categories[code] for code in demo["categories"]]
    assert any(category.publication == "always" for category in chosen)
    assert any(category.sensitive for category in chosen)
    assert any(category.needs_approval for category in chosen)


def test_every_leaf_but_the_open_question_has_a_rule_and_two_languages(demo):
    now = utc_now()
    placement = place(demo["points"][0]["lat"], demo["points"][0]["lon"])
    with reading() as session:
        snapshot = rulebook.current(session)
    assert len(snapshot.leaves) >= 25
    for code in snapshot.leaves - {"other"}:
        facts = Facts(category=code, placement=placement, received_at=now, occurred_at=now, severity=2)
        assert choose_route(facts, snapshot.view, desk=snapshot.desk).agency != snapshot.desk, code
        assert snapshot.categories[code].name_vi != snapshot.categories[code].name_en
        assert snapshot.categories[code].icon


def test_next_door_is_known_by_name(demo):
    hanoi = place(21.0285, 105.8048)  # Hà Nội lies some 30 km east of the border
    son_tay = place(21.1364, 105.5005)  # Sơn Tây, Hà Nội, just across the river
    assert hanoi.refusal is not None
    assert son_tay.refusal is not None
    assert son_tay.refusal.neighbour_name
    assert place(105.4043, 21.33262).refusal.hint == "swapped"


def test_drawn_wards_are_a_whole_cover_of_the_real_ones():
    """All 148 by code, no gap, no overlap; four of five places in the right ward."""
    real = {
        draft.code: draft.ground
        for draft in read_features(shared("vn/wards_25_phu_tho_full.geojson.gz"), Names())
        if isinstance(draft, AreaDraft)
    }
    wards, _ = draw_units()
    drawn = {ward.code: ward.geometry for ward in wards}
    assert drawn.keys() == real.keys()
    assert len(drawn) == 148
    assert all(ground.is_valid for ground in drawn.values())
    assert shapely.coverage_is_valid(list(drawn.values()))

    codes = list(real)
    tree, chance = shapely.STRtree([real[code] for code in codes]), random.Random(25)
    west, south, east, north = shapely.total_bounds(tree.geometries)
    right = asked = 0
    while asked < 1000:
        point = shapely.Point(chance.uniform(west, east), chance.uniform(south, north))
        inside = tree.query(point, predicate="within")
        if len(inside):
            asked += 1
            right += drawn[codes[inside[0]]].covers(point)
    assert right >= 750, f"{right} of 1000"


def test_the_points_of_the_file_also_lie_in_the_real_wards(demo):
    real = {
        draft.code: draft.ground
        for draft in read_features(shared("vn/wards_25_phu_tho_full.geojson.gz"), Names())
        if isinstance(draft, AreaDraft)
    }
    for point in demo["points"]:
        assert real[point["area"]].covers(shapely.Point(point["lon"], point["lat"])), point
