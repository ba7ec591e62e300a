"""Who reacts to what: event name → tasks, handed to the relay. A new line sees only events from then on."""

from collections.abc import Mapping, Sequence

_TOLD = (
    "submitted routed accepted assigned declined started asked answered result_submitted resolved sent_back reopened"
    " closed transferred returned rejected referred merged unmerged withdrawn recategorised rated commented"
    " extension_requested extension_decided breached escalated photo_added supported resumed recalculated"
)

SUBSCRIPTIONS: Mapping[str, Sequence[str]] = {
    **{f"report.{word}": ("notifications.plan", "figures.refresh") for word in _TOLD.split()},
    "calendar.changed": ("dispatch.recalculate",),
    "photo.kept": ("media.process",),
    "delivery.planned": ("notifications.deliver",),
    "otp.requested": ("notifications.otp",),
}
