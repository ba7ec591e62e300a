"""One frozen Settings, read once from the environment (prefix HT_); nothing else reads the environment.

`docs/settings.md` is the table for operators. In production a default key, a sink or Celery's eager mode
is refused before anything starts.
"""

import os
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

Profile = Literal["demo", "prod", "test"]
DEV_KEY = "dev-key-not-for-production-0123456789abcdef"


class SettingsRefused(ValueError):
    """The settings contradict each other or are unsafe for the chosen profile."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every tunable of the system. Durations are seconds; sizes are bytes; addresses are URLs."""

    profile: Profile = "prod"
    data_dir: Path = Path(".data")
    database_url: str = "postgresql://hien_truong@127.0.0.1:5432/hien_truong"
    broker_url: str = "redis://127.0.0.1:6379/0"
    db_slots: int = 8  # database requests at once per web process = pool size (architecture: admission first)
    db_queue: int = 200
    timezone: str = "Asia/Ho_Chi_Minh"
    province_name: str = "Phú Thọ"
    public_url: str = "http://127.0.0.1:8000"

    secret_key: str = field(default=DEV_KEY, repr=False)  # HMAC of codes, digests, signed media URLs
    token_private_key: str = field(default="", repr=False)  # Ed25519 PEM: access tokens and receipts
    seal_key: str = field(default="", repr=False)  # 32 bytes base64url: AES-GCM of contact data

    access_for: int = 600
    refresh_for: int = 90 * 86400
    staff_idle_for: int = 12 * 3600

    s3_endpoint: str = ""
    s3_access_key: str = field(default="", repr=False)
    s3_secret_key: str = field(default="", repr=False)
    s3_bucket: str = "hien-truong"
    s3_secure: bool = False

    sink_dir: str = ""  # demo: messages become JSON lines here instead of leaving the house
    fcm_credentials: str = field(default="", repr=False)  # path of the service-account JSON
    fcm_endpoint: str = ""  # tests: another FCM HTTP v1 base address
    sms_url: str = ""
    sms_key: str = field(default="", repr=False)
    smtp_url: str = ""
    mail_from: str = "khong-tra-loi@hien-truong.invalid"

    otel_endpoint: str = ""  # OTLP over HTTP, e.g. http://127.0.0.1:4318; empty = no tracing
    now_offset: float = 0.0
    clock_file: str = ""  # demo and tests: JSON {"offset_s": …}, read by every process
    visibility_timeout: int = 600
    stuck_after: int = 30
    lease_for: int = 90  # an errand that is not back by then counts as lost with its worker
    log_level: str = "INFO"
    celery_eager: bool = False

    def checked(self) -> "Settings":
        """Self, or SettingsRefused with every reason at once."""
        reasons = []
        if self.celery_eager:
            reasons.append("HT_CELERY_EAGER: eager tasks skip the queue that this system is proven on")
        if self.profile == "prod":
            if self.secret_key == DEV_KEY or len(self.secret_key) < 32:
                reasons.append("HT_SECRET_KEY is the default or shorter than 32 characters")
            if not self.token_private_key or not self.seal_key:
                reasons.append("HT_TOKEN_PRIVATE_KEY and HT_SEAL_KEY must be set")
            if self.sink_dir:
                reasons.append("HT_SINK_DIR: a production system must not write messages to a file")
            if self.now_offset or self.clock_file:
                reasons.append("HT_NOW_OFFSET and HT_CLOCK_FILE move the clock and belong to the demo")
        if os.environ.get("FIREBASE_AUTH_EMULATOR_HOST") and self.profile != "test":
            reasons.append("FIREBASE_AUTH_EMULATOR_HOST would accept unsigned tokens")
        if reasons:
            raise SettingsRefused("; ".join(reasons))
        return self


def _cast(kind: Any, raw: str) -> Any:
    if kind is bool or kind == "bool":
        return raw.strip().lower() in {"1", "true", "yes", "on"}
    if kind in (int, float, Path):
        return kind(raw)
    return raw


def read_settings(environ: dict[str, str] | None = None) -> Settings:
    """Settings from HT_* variables; an unreadable value is refused with its name."""
    environ = dict(os.environ) if environ is None else environ
    values: dict[str, Any] = {}
    for spec in fields(Settings):
        name = f"HT_{spec.name.upper()}"
        if name in environ:
            try:
                values[spec.name] = _cast(spec.type, environ[name])
            except ValueError as error:
                raise SettingsRefused(f"{name} is not a {spec.type}") from error
    return Settings(**values).checked()


def to_environ(settings: Settings) -> dict[str, str]:
    """The HT_* variables that make `read_settings` return the same Settings in a child process."""
    return {
        f"HT_{spec.name.upper()}": str(getattr(settings, spec.name))
        for spec in fields(Settings)
        if getattr(settings, spec.name) != spec.default
    }


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    return read_settings()
