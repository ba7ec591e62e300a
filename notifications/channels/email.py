"""E-mail by SMTP. The hand-over is the last dot: before it a failure is harmless, after it nobody knows."""

import re
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP as SMTP_RULES
from email.utils import formatdate
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from notifications.channels.base import Again, Busy, Letter, Outcome, Refused, Sent, Unsure

TIMEOUT_S = 8.0  # per answer: six answers stay within the lease of the job
_LEADING_DOT = re.compile(rb"(?m)^\.")


class _Stopped(Exception):
    """The conversation ended before the hand-over, with this outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


class SmtpMail:
    """`url`: smtp://, smtp+starttls:// or smtps:// with user, password, host and port. `sender`: the From address."""

    once = True
    can_ask = False  # SMTP has no question for "did you take it?"

    def __init__(self, url: str, sender: str) -> None:
        self.url, self.sender = urlsplit(url), sender

    def send(self, letter: Letter) -> Outcome:
        try:
            raw = self._compose(letter)
            with _Conversation(self.url) as talk:
                talk.expect("mail", *talk.smtp.mail(self.sender))
                talk.expect("rcpt", *talk.smtp.rcpt(letter.to), to_person=True)
                talk.expect("data", *talk.smtp.docmd("DATA"), good=354)
                return talk.hand_over(raw)
        except _Stopped as stopped:
            return stopped.outcome
        except ValueError as error:  # an address or a header that cannot be written: only before the hand-over
            return Refused(f"{type(error).__name__}: {error}"[:200])
        except (OSError, smtplib.SMTPException) as error:
            return Busy(f"{type(error).__name__}: {error}"[:200])

    def ask(self, _delivery_id: UUID, /) -> Outcome:
        return Unsure("SMTP cannot be asked")

    def _compose(self, letter: Letter) -> bytes:
        """The same Message-ID for the same delivery, so that a mail that staff send again is known as the same."""
        message = EmailMessage(policy=SMTP_RULES)
        message["From"], message["To"] = self.sender, letter.to
        message["Subject"] = " ".join(letter.title.split())
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{letter.delivery_id}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers to us
        message["Content-Language"] = letter.locale
        message.set_content(letter.text, cte="base64")
        return message.as_bytes()


class _Conversation:
    """One connection, said hello to, encrypted and signed in as the address asks."""

    def __init__(self, url: SplitResult) -> None:
        # A context of our own: smtplib's default one checks no certificate.
        self.tls = ssl.create_default_context()
        self.smtp = (
            smtplib.SMTP_SSL(timeout=TIMEOUT_S, context=self.tls)
            if url.scheme == "smtps"
            else smtplib.SMTP(timeout=TIMEOUT_S)
        )
        self.url = url

    def __enter__(self) -> Self:
        host, secure = self.url.hostname or "127.0.0.1", self.url.scheme == "smtps"
        self.smtp._host = host  # type: ignore[attr-defined] # smtplib checks the certificate's name against it; only its constructor sets it
        try:
            self.expect("hello", *self.smtp.connect(host, self.url.port or (465 if secure else 25)), good=220)
            self.smtp.ehlo_or_helo_if_needed()
            if self.url.scheme == "smtp+starttls":
                self.smtp.starttls(context=self.tls)
            if self.url.username:
                self.smtp.login(unquote(self.url.username), unquote(self.url.password or ""))
        except BaseException:
            self.smtp.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """No QUIT: its answer tells nothing, and a slow one would hold the worker."""
        self.smtp.close()

    def expect(self, step: str, code: int, said: bytes, *, good: int = 250, to_person: bool = False) -> None:
        """Go on after the good answer; 4xx means later, 5xx means never; 421 means the whole server."""
        if code == good or (good == 250 and code == 251):
            return
        why = f"{step}: {code} {said.decode('utf-8', 'replace')}"[:200]
        if code == 421 or (400 <= code < 500 and step not in ("rcpt", "data")):
            raise _Stopped(Busy(why))
        if 400 <= code < 500:
            raise _Stopped(Again(why))
        raise _Stopped(Refused(why, address_gone=to_person and 500 <= code < 600))

    def hand_over(self, raw: bytes) -> Outcome:
        try:
            self.smtp.send(_LEADING_DOT.sub(b"..", raw) + b".\r\n")
            code, said = self.smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return Unsure(f"after data: {type(error).__name__}"[:200])
        answer = said.decode("utf-8", "replace")
        if 200 <= code < 300:
            return Sent(answer[:100])
        why = f"after data: {code} {answer}"[:200]
        return Again(why) if 400 <= code < 500 else Refused(why)
