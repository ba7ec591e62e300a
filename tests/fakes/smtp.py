"""A mail server (aiosmtpd) that can be polite, busy, unkind or silent."""

import asyncio
import socket
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class FakeMail:
    """`rcpt`, `data`: the answer to that command ("" = take it); `silent_after_data`: takes the mail, says nothing."""

    rcpt: str = ""
    data: str = ""
    silent_after_data: bool = False
    mails: list[EmailMessage] = field(default_factory=list)
    tries: int = 0

    def __enter__(self) -> "FakeMail":
        with socket.socket() as probe:  # the controller connects to the port it was told, so 0 would not do
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=10)
        self._controller.start()
        self.url = f"smtp://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[Any]
    ) -> str:
        self.tries += 1
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.data:
            return self.data
        mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        if self.silent_after_data:
            await asyncio.sleep(3)
        return "250 taken"
