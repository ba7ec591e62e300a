"""The whole application on loopback, served as in production, over the demo province; and people who call it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.api_client import Api
    from tests.world import World


@pytest.fixture(scope="session")
def address(migrated: Any) -> Iterator[str]:
    """One server for all tests here: each empties the tables behind it."""
    from api.app import make_app
    from tests.api_client import served

    with served(make_app()) as found:
        yield found


@pytest.fixture
def api(world: "World", address: str) -> Iterator["Api"]:
    from tests.api_client import Api

    with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        yield Api(client, world)
