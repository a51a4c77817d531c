"""The bridge: why a total differs from another, in steps that add up to the difference exactly."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from decimal import Decimal

from services.aggregator.models.publications import Beside, Part, Standing, Step
from services.aggregator.models.totals import Amounts, Total
from services.aggregator.rules.counting import percent
from shared.obligations import Kind

Standings = Mapping[Hashable, Standing]

ABSENT = Standing(owed=False, amounts=None)


def bridge(kind: Kind, before: Standings, before_now: Standings, after: Standings) -> list[Part]:
    """From ``before`` (as it was published) to ``after``; ``before_now`` is what is known of the former's quarter at present.

    A ratio's percentage points follow the pool as it changes step by step, so that they add up too.
    """
    moves: dict[Step, list[tuple[Amounts, int]]] = {step: [] for step in Step}
    for member in {**before, **before_now, **after}:
        stood = (before.get(member, ABSENT), before_now.get(member, ABSENT), after.get(member, ABSENT))
        for step, move in _moves(*stood):
            moves[step].append((move, max(one.members for one in stood)))
    pool = total(kind, before)
    reached = percent(pool)
    parts = []
    for step, moved in moves.items():
        change = sum((move for move, _ in moved), start=_zero(kind))
        pool += change
        # Where nothing is left to measure on the way, the next step goes on from the last percentage there was.
        now = percent(pool) if percent(pool) is not None else reached
        points = now - reached if now is not None and reached is not None else None
        parts.append(Part(step, change, points, sum(members for _, members in moved)))
        reached = now
    if percent(total(kind, before)) is None or percent(total(kind, after)) is None:
        return [Part(part.step, part.amounts, None, part.members) for part in parts]
    return parts


def total(kind: Kind, standings: Standings) -> Amounts:
    """All approved figures together; zero where there is none."""
    return sum((standing.amounts for standing in standings.values() if standing.amounts is not None), start=_zero(kind))


def _moves(before: Standing, before_now: Standing, after: Standing) -> Iterator[tuple[Step, Amounts]]:
    was, now = before.amounts, after.amounts
    if was is not None and before_now.amounts is not None and before_now.amounts != was:
        yield Step.RESTATED, before_now.amounts - was
        was = before_now.amounts
    if was is not None and now is not None:
        yield Step.LIKE_FOR_LIKE, now - was
    elif was is not None:
        yield (Step.NO_LONGER_REPORTING if after.owed else Step.ENDED), -was
    elif now is not None:
        yield (Step.NEWLY_REPORTING if before.owed or before_now.owed else Step.NEW), now


def _zero(kind: Kind) -> Amounts:
    return Amounts.of(kind, Decimal(0), Decimal(0), Decimal(0))


def beside(before: Total | None, after: Total | None) -> Beside:
    """Both totals of one place, with their difference."""
    was, now = (None if total is None else _measured(total) for total in (before, after))
    return Beside(before, after, None if was is None or now is None else now - was)


def _measured(total: Total) -> Decimal | None:
    return total.percent if total.kind in (Kind.RATIO, Kind.FLAG) else total.value
