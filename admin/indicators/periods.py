"""Local days, ISO weeks and months: their labels, and the instants at which they end."""

from datetime import date, datetime, time, timedelta

from admin.indicators.question import PERIODS, Question, refused

MOST = 1_500


def label_of(period: str, day: date) -> str:
    """How a day, ISO week or month is written in answers; the database writes it the same way."""
    if period == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return day.isoformat()[:7] if period == "month" else day.isoformat()


def first_day(period: str, label: str) -> date:
    """The first day of the period with this label; Invalid if it is none."""
    try:
        if period == "week":
            year, _, week = label.partition("-W")
            return date.fromisocalendar(int(year), int(week), 1)
        return date.fromisoformat(f"{label}-01" if period == "month" else label)
    except ValueError as error:
        raise refused(period, "not-a-period") from error


def period_of(question: Question) -> str | None:
    """The period a question groups or filters by, if any."""
    return next((name for name in PERIODS if name in question.groups or name in question.filters), None)


def ends_of(question: Question, period: str) -> list[tuple[str, datetime]]:
    """Label and end of every period that begins in the interval; the last may still be running."""
    if period in question.filters:
        day = first_day(period, question.filters[period])
        return [(question.filters[period], min(_midnight(_next(period, day), question), question.instant))]
    if question.start is None:
        raise refused("from", "missing")
    last = min(question.end or question.instant, question.instant)
    day = _start_of(period, question.start.astimezone(question.zone).date())
    found: list[tuple[str, datetime]] = []
    while _midnight(day, question) < last:
        following = _next(period, day)
        found.append((label_of(period, day), min(_midnight(following, question), question.instant)))
        day = following
        if len(found) > MOST:
            raise refused("from", "too-many-periods")
    return found


def _midnight(day: date, question: Question) -> datetime:
    return datetime.combine(day, time.min, question.zone)


def _start_of(period: str, day: date) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def _next(period: str, day: date) -> date:
    if period == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if period == "week" else 1)
