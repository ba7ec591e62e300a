"""From a template and its facts to sentences, per channel and language. Every sentence is in the catalogues."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.ids import show_code
from kit.settings import get_settings
from kit.words import Catalogue
from notifications.hearings import Channel

WORDS = Catalogue(Path(__file__).parent / "locales")
RESIDENT_PAGE, STAFF_PAGE = "/app/r/", "/console/r/"


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is read: `title` is a push's title or a mail's subject; empty for a text message."""

    title: str
    text: str
    link: str


def link_to(code: str | None, *, recipient_kind: str) -> str:
    """The page of a report for residents or for staff."""
    page = STAFF_PAGE if recipient_kind == "account" else RESIDENT_PAGE
    return f"{get_settings().public_url.rstrip('/')}{page}{show_code(code)}" if code else get_settings().public_url


def sentence(template: str, part: str, locale: str, params: Mapping[str, Any], **more: str) -> str:
    """One sentence of a template; `params` hold names in both languages (`agency_vi`, `agency_en`…)."""
    code = params.get("code")
    facts = {
        "code": show_code(code) if code else "",
        "agency": params.get(f"agency_{locale}") or WORDS.say("agency-unknown", locale),
        "category": params.get(f"category_{locale}") or WORDS.say("category-unknown", locale),
        "percent": str(params.get("percent", "")),
    }
    return WORDS.say(f"{template.replace('_', '-')}-{part}", locale, **(facts | more))


def render(template: str, channel: str, locale: str, params: Mapping[str, Any], *, recipient_kind: str) -> Message:
    """The message as this channel carries it. KeyError for a template that the catalogue does not know."""
    link = link_to(params.get("code"), recipient_kind=recipient_kind)
    if channel == Channel.SMS:
        return Message(title="", text=sentence(template, "sms", locale, params, link=link), link=link)
    title = sentence(template, "title", locale, params)
    text = sentence(template, "body", locale, params)
    if channel == Channel.EMAIL:
        province = get_settings().province_name
        text = WORDS.say("email-body", locale, body=text, link=link, province=province)
    return Message(title=" ".join(title.split()), text=text, link=link)
