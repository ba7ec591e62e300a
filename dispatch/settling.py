"""What a step does to the promises: one small function per kind of movement (domain.md §3)."""

from dispatch import clocks as clock_rows
from dispatch.clocks import RunningClock
from dispatch.domain import sla_life
from dispatch.domain.clock import ClockKind
from dispatch.domain.policy import Policy, choose_policy
from dispatch.progress import Case

AGENCY_KINDS = (ClockKind.ACKNOWLEDGE, ClockKind.ASSIGN, ClockKind.RESOLVE)


def policy_of(case: Case, agency: str) -> Policy | None:
    """The promise in force now for this report at this agency."""
    snapshot, report = case.snapshot, case.report
    return choose_policy(
        snapshot.policies,
        path=snapshot.tree.path(report.category_code),
        tree=snapshot.tree,
        severity=report.severity,
        agency_kind=snapshot.agencies[agency].kind,
        at=case.now,
    )


def acknowledged(case: Case) -> None:
    """The holder has taken notice: by accepting, or by any later step."""
    for running in case.open(ClockKind.ACKNOWLEDGE):
        _meet(case, running)
    if case.report.acknowledged_at is None:
        case.report.acknowledged_at = case.now


def assigned(case: Case) -> None:
    acknowledged(case)
    for running in case.open(ClockKind.ASSIGN):
        _meet(case, running)


def answered(case: Case) -> None:
    """The answer is out: everything that still ran is met or was late."""
    acknowledged(case)
    for running in case.open():
        _meet(case, running)
    case.report.resolved_at = case.now


def exited(case: Case, reason: str) -> None:
    """Rejected, referred, duplicate, withdrawn: counted nowhere."""
    for running in case.open():
        clock_rows.change(
            case.session, running, lambda clock, cal: sla_life.cancel(clock, cal, at=case.now, reason=reason)
        )


def paused(case: Case, reason: str) -> None:
    for running in case.open():
        clock_rows.change(
            case.session, running, lambda clock, cal: sla_life.pause(clock, cal, at=case.now, reason=reason)
        )


def resumed(case: Case, reason: str) -> None:
    """The pause ends now, or ended when it had lasted the policy's longest time."""
    for running in case.open():
        if running.clock.paused_at is None:
            continue
        longest = running.policy.max_pause_days if running.policy else 5
        clock_rows.change(
            case.session,
            running,
            lambda clock, cal, longest=longest: sla_life.end_expired_pause(  # type: ignore[misc]
                clock, cal, at=case.now, max_days=longest
            ),
        )
        if running.clock.paused_at is not None:
            clock_rows.change(
                case.session, running, lambda clock, cal: sla_life.resume(clock, cal, at=case.now, reason=reason)
            )


def handed_over(case: Case, agency: str, kinds: tuple[ClockKind, ...], reason: str) -> None:
    """The holder changes: his clocks end `transferred`, the next one's start in full; the citizen's runs on."""
    resumed(case, reason)
    for running in case.open(*AGENCY_KINDS):
        clock_rows.change(
            case.session, running, lambda clock, cal: sla_life.transfer(clock, cal, at=case.now, reason=reason)
        )
    begun(case, agency, kinds)


def begun(case: Case, agency: str, kinds: tuple[ClockKind, ...]) -> None:
    """New clocks of these kinds for this agency, and the rows to go with them."""
    report, policy = case.report, policy_of(case, agency)
    started = clock_rows.begin(
        case.snapshot,
        kinds,
        report_id=report.id,
        policy=policy,
        agency=agency,
        at=case.now,
        cycle=report.cycle,
    )
    case.session.add_all(running.row for running in started)
    case.session.flush()  # ledger lines refer to their clock
    case.clocks.extend(started)
    if policy:
        report.policy_id = policy.id


def _meet(case: Case, running: RunningClock) -> None:
    clock_rows.change(case.session, running, lambda clock, cal: sla_life.meet(clock, cal, at=case.now))
