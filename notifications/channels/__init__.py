"""The ways out of the house. A new one is a file and a line in `CHANNELS`."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from kit.settings import Settings, get_settings
from notifications.channels.base import Channel
from notifications.channels.email import SmtpMail
from notifications.channels.fcm import FcmPush
from notifications.channels.sink import Sink
from notifications.channels.sms import SmsGateway


def _push(settings: Settings) -> Channel | None:
    return FcmPush(settings.fcm_credentials, settings.fcm_endpoint) if settings.fcm_credentials else None


def _sms(settings: Settings) -> Channel | None:
    return SmsGateway(settings.sms_url, settings.sms_key) if settings.sms_url else None


def _email(settings: Settings) -> Channel | None:
    return SmtpMail(settings.smtp_url, settings.mail_from) if settings.smtp_url else None


CHANNELS: Mapping[str, Callable[[Settings], Channel | None]] = {"push": _push, "sms": _sms, "email": _email}


@lru_cache(maxsize=16)
def _open(name: str, settings: Settings) -> Channel | None:
    if settings.sink_dir:
        return Sink(Path(settings.sink_dir), name)
    return CHANNELS[name](settings)


def channel_for(name: str) -> Channel | None:
    """The channel as the settings have it; None where this installation has none. The demo's sink takes them all."""
    return _open(name, get_settings())
