"""The one door to stored bytes: `open_store` gives the house that the settings name. S3 lives here, by `minio`."""

import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeVar

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from kit.problems import Unavailable
from kit.settings import Settings, get_settings
from media.objects import ORIGINAL, ObjectMissing, Stat, Store, checked, key_for, shelf_of
from media.store_local import FileStore, MemoryStore

__all__ = ["ORIGINAL", "FileStore", "MemoryStore", "ObjectMissing", "S3Store", "Stat", "Store", "key_for", "open_store"]

Result = TypeVar("Result")

# A hung cluster costs a request 2 × 10 s at most, then 503: the phone keeps the photo and comes back.
PATIENCE_S = 10
ONE_PART = 32 * 1024 * 1024  # bytes: a photo is always one request, so there is no half-finished upload to clean up
_RETRIES = urllib3.Retry(total=2, connect=2, read=1, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504))
_MISSING = frozenset(("NoSuchKey", "NoSuchObject", "NoSuchBucket"))


class S3Store:
    """Any S3-compatible cluster; the bucket is made when the first object needs it."""

    def __init__(self, client: Minio, bucket: str) -> None:
        self.client, self.bucket = client, bucket

    def put(self, key: str, data: bytes, content_type: str) -> None:
        name = _name(key)

        def store() -> None:
            self.client.put_object(
                self.bucket, name, io.BytesIO(data), len(data), content_type=content_type, part_size=ONE_PART
            )

        try:
            _asked(store)
        except ObjectMissing:
            _asked(lambda: self.client.bucket_exists(self.bucket) or self.client.make_bucket(self.bucket))
            _asked(store)

    def get(self, key: str) -> bytes:
        name = _name(key)

        def load() -> bytes:
            answer = self.client.get_object(self.bucket, name)
            try:
                return answer.read()
            finally:
                answer.close()
                answer.release_conn()

        return _asked(load)

    def stat(self, key: str) -> Stat:
        name = _name(key)
        found = _asked(lambda: self.client.stat_object(self.bucket, name))
        if found.size is None or found.last_modified is None:
            raise Unavailable(retry_after=10)
        return Stat(key=key, bytes=found.size, written_at=found.last_modified)

    def delete(self, key: str) -> None:
        name = _name(key)
        try:
            _asked(lambda: self.client.remove_object(self.bucket, name))
        except ObjectMissing:
            return

    def list(self, prefix: str = "", *, older_than: datetime | None = None) -> Iterator[Stat]:
        for shelf in ("originals", "renditions"):
            pages = self.client.list_objects(self.bucket, f"{shelf}/{prefix}", recursive=True)
            while True:
                try:
                    found = _asked(lambda pages=pages: next(pages, None))  # type: ignore[misc]
                except ObjectMissing:  # no bucket yet
                    return
                if found is None:
                    break
                key = str(found.object_name).removeprefix(f"{shelf}/")
                if found.last_modified and (older_than is None or found.last_modified < older_than):
                    yield Stat(key=key, bytes=found.size or 0, written_at=found.last_modified)

    def tidy(self, older_than: datetime) -> int:  # noqa: ARG002 - the shape of the door
        return 0

    def presign(self, key: str, seconds: int) -> str | None:
        return self.client.presigned_get_object(self.bucket, _name(key), expires=timedelta(seconds=seconds))


def _name(key: str) -> str:
    return f"{shelf_of(key)}/{checked(key)}"


def _asked(question: Callable[[], Result]) -> Result:
    """The client's answer; its many errors become two: ObjectMissing, or Unavailable."""
    try:
        return question()
    except S3Error as refused:
        if refused.code in _MISSING:
            raise ObjectMissing() from refused
        raise Unavailable(retry_after=10) from refused
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as unreachable:
        raise Unavailable(retry_after=10) from unreachable


def s3_store(settings: Settings, *, patience_s: float = PATIENCE_S) -> S3Store:
    """A client with short timeouts and few retries; connections are reused by up to 32 threads."""
    pool = urllib3.PoolManager(maxsize=32, timeout=urllib3.Timeout(connect=2, read=patience_s), retries=_RETRIES)
    client = Minio(
        settings.s3_endpoint,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key,
        secure=settings.s3_secure,
        http_client=pool,
        region="us-east-1",  # named, so that the client need not ask for it before each first call
    )
    return S3Store(client, settings.s3_bucket)


def open_store(settings: Settings) -> Store:
    """S3 where an endpoint is set, else files under the data directory."""
    return s3_store(settings) if settings.s3_endpoint else FileStore(settings.data_dir / "objects")


@lru_cache(maxsize=1)
def the_store() -> Store:
    """The store of this process's settings."""
    return open_store(get_settings())
