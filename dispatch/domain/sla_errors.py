"""Refusals of the promise ledger. Each docstring is the sentence the edge shows; none knows of HTTP."""


class PromiseRefusal(ValueError):
    """The promise cannot be changed in this way."""


class ClockFinished(PromiseRefusal):
    """This clock has ended; an answer or an exit is never taken back by changing it."""


class ClockAlreadyPaused(PromiseRefusal):
    """The clock is paused already; it can be paused again only after it has run."""


class ClockNotPaused(PromiseRefusal):
    """The clock is running; there is no pause to end."""


class ClockNotCancelled(PromiseRefusal):
    """Only a cancelled clock can be taken up again."""


class NotLateYet(PromiseRefusal):
    """The promise in force is not past; an answer at the due instant itself is still on time."""


class ExtensionTooLate(PromiseRefusal):
    """An extension can be asked for only before the promise is due."""


class ExtensionQuotaUsed(PromiseRefusal):
    """The policy allows no further extension."""
