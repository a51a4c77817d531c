"""Facts are heard: stored by key and version, and what follows from them is thought over again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.alerts.actions.assessing import assess_again
from services.alerts.models.facts import LineVersion, Owed
from services.alerts.models.news import Affected, Heard
from services.alerts.rules.news import contracts_of, evidence_of, news
from services.alerts.store import facts as store
from services.alerts.store import returns as returns_store
from shared.db import Connection
from shared.events.returns import LineFact, ReturnFact
from shared.quarters import Quarter


async def hear(conn: Connection, heard: Sequence[Heard]) -> None:
    """Apply a batch, in log order, kinds and topics mixed. The outcome depends on the set of facts alone.

    Files of evidence are locked before contracts, and both in order, so that two replicas never wait for each other in a ring.
    """
    line_ids = {item.event.line_id for item in heard if isinstance(item.event, LineFact)}
    files = evidence_of(heard) | await store.evidence_of_lines(conn, line_ids)
    contracts = contracts_of(heard)
    contract_ids = {contract.contract_id for contract in contracts}
    if files:
        await store.lock_evidence(conn, files)
    await store.add_contracts(conn, contracts)
    await store.lock_contracts(conn, contract_ids | (await store.contracts_with(conn, files) if files else set()))
    found = news(
        heard,
        await store.known(
            conn,
            contract_ids=contract_ids,
            return_ids={item.event.return_id for item in heard if isinstance(item.event, ReturnFact)},
            line_ids=line_ids,
        ),
    )
    await store.add(conn, found)
    await returns_store.add(conn, found.returns)
    rated_since: dict[UUID, Quarter] = {}
    facts: list[Owed | LineVersion] = [*found.owed, *found.lines]
    for fact in facts:
        rated_since[fact.obligation_id] = min(fact.quarter, rated_since.get(fact.obligation_id, fact.quarter))
    await assess_again(
        conn,
        Affected(
            obligations=frozenset(rated_since) | {promise.obligation_id for promise in found.promises},
            rated_since=rated_since,
            returns=frozenset([version.return_id for version in found.returns] + [line.return_id for line in found.lines]),
            files=frozenset(files) if found.lines else frozenset(),
        ),
    )
