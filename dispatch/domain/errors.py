"""Refusals of the report's life, by kind. Each docstring is its documentation page."""

from kit.problems import Conflict, Invalid, NotFound


class StepNotAllowed(Conflict):
    """The report is in a state from which this step cannot be taken; `allowed` lists what can be done now."""

    slug, title = "step-not-allowed", "This step is not possible now"


class IdReused(Conflict):
    """You sent this id before with another content; make a new id for a new report."""

    slug, title = "id-reused", "This id was used for another content"


class IdTaken(Conflict):
    """This id belongs to somebody else's report; make a new id."""

    slug, title = "id-taken", "This id is taken"


class TooLate(Conflict):
    """An extension can be asked for only before the promise is due."""

    slug, title = "too-late", "Too late to ask for an extension"


class QuotaUsed(Conflict):
    """The policy of this category allows no further extension, or not so long a one."""

    slug, title = "extension-quota", "No further extension is possible"


class LocationOutOfArea(Invalid):
    """The place is outside the province; `hint` says whether coordinates look swapped or empty."""

    slug, title = "location-out-of-area", "This place is not in our area"


class UnknownCategory(Invalid):
    """There is no such category open for reports; read /v1/categories again."""

    slug, title = "unknown-category", "Unknown category"


class UnknownAgency(Invalid):
    """There is no such agency in the directory today."""

    slug, title = "unknown-agency", "Unknown agency"


class UnknownWorker(Invalid):
    """There is no such worker or crew at the agency that holds the report."""

    slug, title = "unknown-worker", "Unknown worker or crew"


class ReportNotFound(NotFound):
    """There is no such report, or it is not for you."""

    slug, title = "not-found", "Not found"


class UnknownReason(Invalid):
    """This reason code or target is not in the list; read /v1/reasons."""

    slug, title = "unknown-reason", "Unknown reason"


class UnknownLead(Invalid):
    """There is no such report to link to, or it is this one."""

    slug, title = "unknown-lead", "Unknown lead report"


class ProofMissing(Invalid):
    """A result needs an after-photo, or the reason why there is none."""

    slug, title = "proof-missing", "An after-photo or a reason is needed"


class FactsMissing(Invalid):
    """This step needs more facts; `errors` names them."""

    slug, title = "validation-error", "A fact is missing"
