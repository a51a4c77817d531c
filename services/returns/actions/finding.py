"""Finding and locking with the caller's eyes: what somebody may not see is not there."""

from __future__ import annotations

from uuid import UUID

from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.store import contracts, lines, returns
from shared.access import SUPPLIER, Caller, Role
from shared.db import Connection
from shared.errors import NotFound, PreconditionFailed
from shared.events.commitments import ContractFact, ObligationFact
from shared.events.returns import ReturnStatus
from shared.viewer import Viewer

REVIEWER = (Role.CONTRACT_MANAGER,)
WRITERS = (*SUPPLIER, *REVIEWER)
"""Who may fill a return: the supplier, or the contract manager on the supplier's behalf."""


async def find_return(conn: Connection, return_id: UUID, by: Caller) -> QuarterlyReturn:
    """Raises NotFound."""
    return await _seen(conn, await returns.find(conn, return_id), Viewer.of(by))


async def lock_return(
    conn: Connection, return_id: UUID, by: Caller, *, acting_as: tuple[Role, ...], version: int | None = None
) -> QuarterlyReturn:
    """``version``: the one that the caller has seen. Raises NotFound, PreconditionFailed where it has changed since."""
    filed = await _seen(conn, await returns.lock(conn, return_id), Viewer.of(by, acting_as=acting_as))
    if version is not None and version != filed.version:
        raise PreconditionFailed(current=filed)
    return filed


async def find_line(conn: Connection, line_id: UUID, by: Caller) -> tuple[QuarterlyReturn, Line]:
    """Raises NotFound."""
    return_id = await lines.return_of(conn, line_id)
    if return_id is None:
        raise NotFound
    return line_in(await find_return(conn, return_id, by), line_id)


async def lock_line(
    conn: Connection, line_id: UUID, by: Caller, *, acting_as: tuple[Role, ...], version: int | None = None
) -> tuple[QuarterlyReturn, Line]:
    """Locks its whole return. Raises NotFound, PreconditionFailed where the line has changed since ``version``."""
    return_id = await lines.return_of(conn, line_id)
    if return_id is None:
        raise NotFound
    filed, line = line_in(await lock_return(conn, return_id, by, acting_as=acting_as), line_id)
    if version is not None and version != line.version:
        raise PreconditionFailed(current=line)
    return filed, line


def line_in(filed: QuarterlyReturn, line_id: UUID) -> tuple[QuarterlyReturn, Line]:
    """Raises NotFound where an amendment took the line out meanwhile."""
    for line in filed.lines:
        if line.line_id == line_id:
            return filed, line
    raise NotFound


async def find_contract(conn: Connection, contract_id: UUID, by: Caller) -> ContractFact:
    """A contract of the caller's own organisation. Raises NotFound."""
    fact = await contracts.contract(conn, contract_id)
    if fact is None or not await contracts.sees(conn, Viewer.of(by), contract_id):
        raise NotFound
    return fact


def obligation_in(contract: ContractFact, obligation_id: UUID) -> ObligationFact:
    """Raises NotFound."""
    for obligation in contract.obligations:
        if obligation.obligation_id == obligation_id:
            return obligation
    raise NotFound


async def _seen(conn: Connection, filed: QuarterlyReturn | None, viewer: Viewer) -> QuarterlyReturn:
    if filed is None:
        raise NotFound
    if not await contracts.sees(conn, viewer, filed.contract_id, approved=filed.status is ReturnStatus.APPROVED):
        raise NotFound
    return filed
