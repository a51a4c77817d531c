"""Registering what a notice proposes: the same steps, begun with what the notice says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from fastapi import Request, Response
from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, create_model

from services.commitments.actions import drafts as actions
from services.commitments.actions import proposals as proposal_actions
from services.commitments.models.contracts import Part
from services.commitments.models.drafts import ContractDraft, Draft, ObligationDraft, Typed
from services.commitments.models.proposals import Confirmation, ConfirmedObligation, PartyConfirmed, ProposalKept
from services.commitments.notices import ProposedObligation, ProposedParty, Together
from services.commitments.pages import words
from services.commitments.pages.registering.assembling import award_parts, obligations, places_of, problems_of
from services.commitments.pages.registering.forms import Award
from services.commitments.pages.registering.steps import Problem, ids_in, kept, place
from services.commitments.pages.routing import Manager, pages
from services.commitments.store import choosing
from services.commitments.store import organisations as organisation_store
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import NotFound
from shared.obligations import Basis, Kind, Place, Sector, plain
from shared.pages.forms import Bound, Says, bind_typed
from shared.pages.site import Form, redirect
from shared.pages.visitors import Visitor

_MOST_FOUND = 20
_NEW = "new"


def begun_with(proposal: ProposalKept) -> ContractDraft:
    """The first draft: all that the notices say, for a person to confirm or correct."""
    standing = proposal.standing
    period = standing.period
    ends_on = min((one for one in (period and period.ends_on, standing.ended_on) if one), default=None)
    award: dict[str, object] = {
        "title": standing.title,
        "form": standing.form,
        "value": plain(standing.value.amount) if standing.value else None,
        "legal_regime": standing.legal_regime,
        "starts_on": period and period.starts_on,
        "ends_on": ends_on,
    }
    return ContractDraft(
        proposal_id=proposal.proposal_id,
        proposal_version=proposal.version,
        award=_typed(award),
        parties=_typed({"suppliers_are": standing.suppliers_are}),
        obligations=tuple(_owed(one) for one in standing.obligations),
        kpi_ids=tuple(one.id for one in standing.obligations),
    )


def with_later(content: ContractDraft, proposal: ProposalKept) -> dict[str, Any]:
    """What changes of a draft when a later notice says otherwise: its new KPIs come in, those that are gone stand alone."""
    ids = [one.id for one in proposal.standing.obligations]
    kept = [one if one.kpi_id in ids else one.model_copy(update={"kpi_id": None}) for one in content.obligations]
    new = [_owed(one) for one in proposal.standing.obligations if one.id not in content.kpi_ids]
    return {"proposal_version": proposal.version, "kpi_ids": ids, "obligations": [*kept, *new]}


def _owed(kpi: ProposedObligation) -> ObligationDraft:
    promise = {
        "reference": kpi.id[:100],
        "wording": (kpi.wording or kpi.title or "")[:4000],
        "label": (kpi.title or kpi.wording or "")[:300],
        "unit": kpi.unit and kpi.unit[:50],
        "kind": kpi.kind,
        "own_direction": kpi.direction,
        "frequency": kpi.frequency or "quarterly",
        "evidence_required": "no",
    }
    targets: dict[str, object] = {}
    if kpi.target is not None:
        basis = Basis.YEAR if kpi.kind is Kind.FLOW else Basis.QUARTER
        targets = {"how": "each", "each": plain(kpi.target), "basis": basis, "fte_counting": "average"}
    return ObligationDraft(
        id=uuid4(),
        side=kpi.side,
        measure=None,
        kpi_id=kpi.id,
        said=(kpi.target_said or "")[:4000],
        promise=_typed(promise),
        targets=_typed(targets),
    )


def _typed(said: dict[str, Any]) -> Typed:
    return {name: str(value).replace("\0", "") for name, value in said.items() if value is not None and value != ""}


@pages.router.post("/registering/{draft_id:uuid}/put-back")
async def put_back(draft_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    """A KPI of the notice that was left out is an obligation again."""
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    proposal = await proposal_of(tx, draft, visitor)
    gone = {one.id: one for one in proposal.standing.obligations} if proposal else {}
    kpi_id = str(form.get("kpi_id", ""))
    if kpi_id not in gone:
        raise NotFound
    back = _owed(gone[kpi_id])
    await actions.change(
        tx,
        draft_id,
        lambda content: {"obligations": [*(one for one in content.obligations if one.kpi_id != kpi_id), back]},
        by=visitor.caller,
        at=now,
    )
    return redirect(place(draft, f"obligations?side={back.side}"))


async def proposal_of(conn: Connection, draft: Draft, visitor: Visitor) -> ProposalKept | None:
    """None for a draft that was begun by form. Raises NotFound."""
    if draft.content.proposal_id is None:
        return None
    return await proposal_actions.read_proposal(conn, draft.content.proposal_id, by=visitor.caller)


def key_of(party: ProposedParty) -> str:
    """Names a party's fields, whatever characters its id has."""
    return uuid5(NAMESPACE_URL, party.id).hex[:12]


def _one_leads(value: str | None, info: ValidationInfo) -> str | None:
    if value is None and info.data.get("suppliers_are") is Together.JOINT:
        raise ValueError("Select which supplier leads")
    return value


def parties_form(proposal: ProposalKept, known: Iterable[str]) -> type[BaseModel]:
    """A field for each party that nobody knows by its identifiers, and one for how several suppliers hold the contract."""
    standing = proposal.standing
    fields: dict[str, Any] = {}
    for party in (*standing.buyers, *standing.suppliers):
        if party.id not in known:
            name = party.name or party.id
            says = Says(f"Select who {name} is", f"Select who {name} is")
            who = UUID if party in standing.buyers else UUID | Literal["new"]
            key = key_of(party)
            fields[f"party-{key}"] = (Annotated[who, says], ...)
            fields[f"sector-{key}"] = (Annotated[Sector | None, Says("", "Select the sector")], None)
            fields[f"place-{key}"] = (Annotated[Place | None, Says("", "Select the place")], None)
    if len(standing.suppliers) > 1:
        says = Says("Select how the suppliers hold the contract", "Select how the suppliers hold the contract")
        fields["suppliers_are"] = (Annotated[Together, says], ...)
        fields["lead"] = (Annotated[str | None, AfterValidator(_one_leads), Field(validate_default=True)], None)
    return create_model("Parties", **fields)


async def known_parties(conn: Connection, proposal: ProposalKept) -> dict[str, tuple[UUID, str]]:
    """Who the parties are by their identifiers: ids and names of organisations by the notice's own ids."""
    found = {}
    for party in (*proposal.standing.buyers, *proposal.standing.suppliers):
        for one in party.identifiers:
            known = await organisation_store.find_organisation_by_identifier(conn, one.scheme, one.id)
            if known is not None and party.id not in found:
                found[party.id] = (known.organisation_id, known.name)
    return found


async def keep_notice_parties(
    request: Request, conn: Connection, visitor: Visitor, draft: Draft, proposal: ProposalKept, form: Form, now: Any
) -> Response:
    """The step of the parties where a notice names them."""
    do = str(form.get("do", ""))
    draft = await actions.change(conn, draft.draft_id, lambda content: {"parties": kept(form)}, by=visitor.caller, at=now)
    if do == "later":
        return redirect(place(draft))
    if do == "find":
        return redirect(place(draft, "parties"))
    bound: Bound[BaseModel] = bind_typed(parties_form(proposal, await known_parties(conn, proposal)), draft.content.parties)
    if bound.errors:
        return await notice_parties_page(request, conn, visitor, draft, proposal, bound)
    return redirect(place(draft, "places"))


async def notice_parties_page(
    request: Request, conn: Connection, visitor: Visitor, draft: Draft, proposal: ProposalKept, form: Bound[BaseModel]
) -> Response:
    standing = proposal.standing
    known = await known_parties(conn, proposal)
    own = visitor.caller.organisation_id
    choices: dict[str, list[dict[str, Any]]] = {}
    for part, parties in ((Part.BUYER, standing.buyers), (Part.SUPPLIER, standing.suppliers)):
        for party in parties:
            said = form.text(f"party-{key_of(party)}")
            searched = form.text(f"find-{key_of(party)}").strip()
            found = await choosing.organisations(conn, part, searched, limit=_MOST_FOUND) if searched else []
            names = dict(found) | await choosing.names(conn, [*ids_in([said]), *([own] if part is Part.BUYER else [])])
            choices[party.id] = [{"value": id, "text": name} for id, name in names.items()]
            if part is Part.SUPPLIER:
                new = {"value": _NEW, "text": "Record it as a new organisation", "hint": party.name or party.id}
                choices[party.id].insert(0, new)
    return pages.show(
        request,
        "register_notice_parties.jinja",
        status=422 if form.errors else 200,
        form=form,
        standing=standing,
        known=known,
        choices=choices,
        key_of=key_of,
        sectors=words.SECTORS,
        places=words.PLACES,
        back={"href": place(draft, "award"), "text": "Back to what was awarded"},
    )


async def confirmation(conn: Connection, draft: Draft, proposal: ProposalKept) -> Confirmation | list[Problem]:
    """What the person says to the proposal, or everything that is to mend."""
    content = draft.content
    award: Bound[Award] = bind_typed(Award, content.award)
    places = places_of(content.places)
    parties: Bound[Any] = bind_typed(parties_form(proposal, await known_parties(conn, proposal)), content.parties)
    problems = [
        *problems_of(award, "", place(draft, "award")),
        *problems_of(parties, "", place(draft, "parties")),
        *problems_of(places, "", place(draft, "places")),
    ]
    owed = obligations(draft, problems)
    if problems or award.value is None or places.value is None or parties.value is None:
        return problems
    said = parties.value.model_dump()
    separate = said.get("suppliers_are") is Together.SEPARATE
    kpis = [one.kpi_id for one in content.obligations]
    named = {
        party.id: PartyConfirmed(
            organisation_id=who if isinstance(who := said[f"party-{key_of(party)}"], UUID) else None,
            sector=said[f"sector-{key_of(party)}"],
            place=said[f"place-{key_of(party)}"],
        )
        for party in (*proposal.standing.buyers, *proposal.standing.suppliers)
        if f"party-{key_of(party)}" in said
    }
    return Confirmation.model_validate(
        {
            # Of several contracts nobody knows how the value is parted.
            **award_parts(award.value) | ({"value": None} if separate else {}),
            "parties": named,
            "suppliers_are": said.get("suppliers_are"),
            "lead_supplier": said.get("lead") if not separate else None,
            "places": places.value.shares,
            "obligations": [
                ConfirmedObligation(**one.model_dump(), kpi_id=kpi_id) for one, kpi_id in zip(owed, kpis, strict=True)
            ],
            "leave_out": [id for id in content.kpi_ids if id not in kpis],
        }
    )
