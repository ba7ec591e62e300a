"""Push through Firebase Cloud Messaging (HTTP v1) by firebase-admin; the only file that imports its messaging.

The library retries 500 and 503 four times by itself and waits 120 s for a silent server; both are taken away here:
one letter is one request, and the waiting is ours (notifications.pauses): a crowd of letters makes no storm.
"""

import json
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import UUID

import firebase_admin
from firebase_admin import credentials, exceptions, messaging
from google.auth import exceptions as google_exceptions
from requests.adapters import HTTPAdapter

from notifications.channels.base import Again, Busy, Letter, Outcome, Refused, Sent, Unsure

TIMEOUT_S = 9.0  # a hung server frees the worker's slot within ten seconds
KEEP_FOR_S = 24 * 3600  # FCM keeps a push for a phone that is off this long
MOST_BYTES = 4096  # of notification and data together
_LONGEST_BODY = 600  # characters
_starting = Lock()


class FcmPush:
    """`credentials_path`: the service account's JSON; `endpoint`: another base address than Google's (tests)."""

    once = False  # a repeated push carries the same tag and replaces the first on the phone
    can_ask = False

    def __init__(self, credentials_path: str, endpoint: str = "") -> None:
        self.app = _app(credentials_path, endpoint)

    def send(self, letter: Letter) -> Outcome:
        try:
            return Sent(messaging.send(_message(letter), app=self.app))
        except ValueError as error:
            return Refused(f"payload: {error}"[:200])
        except google_exceptions.GoogleAuthError as error:  # no access token: nothing was handed over
            return Busy(f"oauth: {error}"[:200])
        except exceptions.FirebaseError as error:
            return _outcome(error)

    def ask(self, _delivery_id: UUID, /) -> Outcome:
        return Unsure("FCM cannot be asked")


@lru_cache(maxsize=4)
def _app(credentials_path: str, endpoint: str) -> firebase_admin.App:
    """One app per credentials and endpoint, with our timeout and without built-in retries."""
    with _starting:
        account = credentials.Certificate(json.loads(Path(credentials_path).read_text()))
        name = f"push-{abs(hash((credentials_path, endpoint)))}"
        app = firebase_admin.initialize_app(account, {"httpTimeout": TIMEOUT_S}, name=name)
        # No public option exists for address and retries (firebase-admin 7.7): its service object is adjusted once.
        service = messaging._get_messaging_service(app)
        if endpoint:
            service._fcm_url = f"{endpoint.rstrip('/')}/v1/projects/{app.project_id}/messages:send"
        service._client.session.mount(service._fcm_url, HTTPAdapter(pool_maxsize=20, max_retries=0))
        return app


def _message(letter: Letter) -> messaging.Message:
    tag = str(letter.delivery_id)
    text = letter.text if len(letter.text) <= _LONGEST_BODY else letter.text[: _LONGEST_BODY - 1] + "…"
    message = messaging.Message(
        notification=messaging.Notification(title=letter.title, body=text),
        data={key: str(value) for key, value in letter.data.items()},
        android=messaging.AndroidConfig(
            priority="high",
            ttl=KEEP_FOR_S,
            notification=messaging.AndroidNotification(tag=tag),
        ),
        apns=messaging.APNSConfig(headers={"apns-collapse-id": tag, "apns-priority": "10"}),
        webpush=messaging.WebpushConfig(
            headers={"TTL": str(KEEP_FOR_S), "Urgency": "high"},
            notification=messaging.WebpushNotification(tag=tag),
        ),
    )
    # Phones register tokens, not installation ids; the constructor's argument warns of a change that is not ours yet.
    message.token = letter.to
    if len(json.dumps({"title": letter.title, "body": text, "data": letter.data}).encode()) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    return message


def _outcome(error: exceptions.FirebaseError) -> Outcome:
    """What Google's answer means for this letter, this token, and everybody else."""
    why = f"{error.code}: {error}"[:200]
    if isinstance(error, messaging.UnregisteredError | messaging.SenderIdMismatchError):
        return Refused(why, address_gone=True)
    if isinstance(error, exceptions.InvalidArgumentError):
        return Refused(why)
    if isinstance(error, messaging.ThirdPartyAuthError):
        return Again(why)
    return Busy(why, after=_retry_after(error.http_response))


def _retry_after(response: Any) -> float | None:
    """Seconds of a Retry-After header in its numeric form; a quota without one means a minute."""
    if response is None:
        return None
    told = str(response.headers.get("retry-after", ""))
    if told.isascii() and told.isdigit():
        return float(min(int(told), 3600))
    return 60.0 if response.status_code == 429 else None
