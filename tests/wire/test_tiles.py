"""Vector tiles over HTTP: outlines, reports by who looks, heat; addresses outside the pyramid are not there."""

import gzip
import math
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import text

from admin.indicators.loading import refresh
from admin.indicators.tasks import today
from api import tiles
from kit.db import unit_of_work
from tests.live_app import bearer, live_app
from tests.vector_tile import read_tile
from tests.world import POINTS, Told, World

VT = "ubnd-07900"


@pytest.fixture
def client(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """Each story begins with no tile kept from the one before."""
    monkeypatch.setattr(tiles, "KEPT", tiles.Kept(tiles.KEPT_BYTES))
    with live_app() as asking:
        yield asking


def address(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    """The tile (z, x, y) that holds a point in degrees."""
    width = 2**z
    up = math.asinh(math.tan(math.radians(lat))) / math.pi
    return z, int((lon + 180) / 360 * width), int((1 - up) / 2 * width)


def tile(client: httpx.Client, layer: str, z: int, where: str = "Việt Trì", **headers: str) -> httpx.Response:
    lon, lat = POINTS[where]
    z, x, y = address(lon, lat, z)
    return client.get(f"/tiles/{layer}/{z}/{x}/{y}.mvt", headers=headers)


def codes(answer: httpx.Response) -> set[str]:
    if answer.status_code == 204:
        return set()
    return {feature["code"] for feature in read_tile(answer.content)["reports"]}


def test_wards_with_code_name_and_whether_they_are_approximate(client: httpx.Client) -> None:
    answer = tile(client, "areas", 12)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["content-encoding"] == "gzip"
    wards = {area["code"]: area for area in read_tile(answer.content)["areas"] if area["layer"] == "ward"}
    assert wards["07900"]["name"] == "Phường Việt Trì"
    assert wards["07900"]["approximate"] is True
    whole = tile(client, "areas", 7)
    assert len({area["code"] for area in read_tile(whole.content)["areas"] if area["layer"] == "ward"}) > 100
    assert len(gzip.compress(whole.content)) < 500_000


def test_a_known_tile_is_not_sent_again_until_an_outline_changes(client: httpx.Client) -> None:
    first = tile(client, "areas", 12)
    etag = first.headers["etag"]
    assert tile(client, "areas", 12, **{"If-None-Match": etag}).status_code == 304
    with unit_of_work() as session:
        session.execute(text("UPDATE area SET name = 'Đổi tên' WHERE code = '07900'"))
        session.execute(text("UPDATE directory_version SET version = version + 1, areas_version = areas_version + 1"))
    again = tile(client, "areas", 12, **{"If-None-Match": etag})
    assert again.status_code == 200
    assert "Đổi tên" in {area["name"] for area in read_tile(again.content)["areas"]}
    plain = tile(client, "areas", 12, **{"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert read_tile(plain.content) == read_tile(again.content)


@pytest.mark.parametrize(
    "path",
    [
        "areas/19/0/0", "areas/5/32/0", "areas/5/0/32", "areas/-1/0/0", "areas/a/0/0", "areas/1/0.5/0", "roads/1/0/0",
        "areas/99999999999/1/1", "areas/\u0663/0/0", "reports/3/8/1",
    ],
)  # fmt: skip
def test_outside_the_pyramid_there_is_nothing(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/tiles/{path}.mvt")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_empty_place_answers_without_a_body(client: httpx.Client) -> None:
    answer = client.get("/tiles/areas/10/0/0.mvt")
    assert (answer.status_code, answer.content) == (204, b"")


def test_who_sees_which_reports(client: httpx.Client, world: World) -> None:
    public, unseen, sensitive = world.report("pothole"), world.report("noise", by="B"), world.report("theft", by="C")
    stranger, officer = tile(client, "reports", 14), tile(client, "reports", 14, **bearer("officer", VT))
    desk = tile(client, "reports", 14, **bearer("operator"))
    assert codes(stranger) == {public.row.code}
    assert stranger.headers["cache-control"].startswith("public")
    assert officer.headers["cache-control"].startswith("private")
    assert codes(desk) == {public.row.code, unseen.row.code}, "a sensitive report stands on no map"
    assert sensitive.row.code not in codes(officer)
    assert public.row.code in codes(officer)
    [mark] = read_tile(stranger.content)["reports"]
    assert set(mark) == {"code", "status", "category", "agency", "_at"}


def test_strangers_see_a_coarse_place_and_handlers_the_true_one(client: httpx.Client, world: World) -> None:
    lon, lat = POINTS["Việt Trì"]
    world.report("pothole", lon=lon + 0.00037, lat=lat)
    here = {}
    for name, headers in (("stranger", {}), ("desk", bearer("operator"))):
        [mark] = read_tile(tile(client, "reports", 14, **headers).content)["reports"]
        here[name] = mark["_at"]
    metres_per_unit = 40_075_016 * math.cos(math.radians(lat)) / 2**14 / 4096
    apart = math.dist(here["stranger"], here["desk"]) * metres_per_unit
    assert 15 < apart < 80, (here, apart)


def test_a_coarse_place_across_a_tile_border_is_drawn_once(client: httpx.Client, world: World) -> None:
    """At the closest zoom the rounded place may lie in another tile than the report."""
    lon, lat = 105.40449, 21.33251
    world.report("pothole", lon=lon, lat=lat)
    z, x, y = address(round(lon, 3), round(lat, 3), 18)
    assert (z, x, y) != address(lon, lat, 18)
    around = [(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    drawn = {at: codes(client.get(f"/tiles/reports/{z}/{at[0]}/{at[1]}.mvt")) for at in around}
    assert [at for at, found in drawn.items() if found] == [(x, y)]


def test_what_was_answered_long_ago_leaves_the_map(client: httpx.Client, world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    told = world.report("pothole")
    told.step(world.officer(VT), "submit_result", text="Đã vá", no_photo_reason="máy hỏng")
    desk = bearer("operator")
    assert codes(tile(client, "reports", 14, **desk)) == {told.row.code}
    world.forward(days=31)
    assert codes(tile(client, "reports", 14, **bearer("operator"))) == set()


def test_heat_shows_crowds_and_hides_the_few_from_strangers(client: httpx.Client, world: World) -> None:
    crowd = [world.report("pothole", by=name) for name in "ABCDE"]
    alone = world.report("pothole", by="F", lon=POINTS["Việt Trì"][0] + 0.01)
    hidden = world.report("theft", by="G")
    counted([*crowd, alone, hidden])
    seen = [cell["n"] for cell in read_tile(tile(client, "heat", 12).content)["heat"]]
    assert seen == [5]
    desk = tile(client, "heat", 12, **bearer("supervisor"))
    assert sorted(cell["n"] for cell in read_tile(desk.content)["heat"]) == [1, 5]


def counted(reports: list[Told]) -> None:
    with unit_of_work() as session:
        refresh(session, [told.id for told in reports], today=today())
