"""What the public sees of a report, and when: at once, after a human looked at it, or never."""

from dispatch.progress import Case
from media.keep import show_to_public


def review_passed(case: Case) -> None:
    """A human looked at it: categories published after review become public now."""
    report = case.report
    category = case.snapshot.categories[report.category_code]
    held = {"complaint", "denunciation"}.intersection(report.text_flags)
    if category.publication != "never" and not category.sensitive and not held and not report.imported:
        set_public(case, True)


def set_public(case: Case, public: bool) -> None:
    """The report and its photos appear to, or leave, the public at once."""
    if case.report.is_public != public:
        case.report.is_public = public
        show_to_public(case.session, case.report.id, public=public)
