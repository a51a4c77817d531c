"""What becomes of an organisation when somebody changes it, and what others are told of it."""

from __future__ import annotations

from pydantic import ValidationError

from services.commitments.models.organisations import Organisation, OrganisationChange, OrganisationIdentifier
from shared.errors import FieldError, Invalid
from shared.events.commitments import OrganisationRecorded


class DoesNotFit(Invalid):
    """This change does not fit the rest of the organisation."""


def changed(organisation: Organisation, change: OrganisationChange) -> Organisation:
    """The organisation with the fields that were sent; the same version where nothing differs. Raises DoesNotFit."""
    try:
        after = Organisation.model_validate(organisation.model_dump() | change.model_dump(exclude_unset=True))
    except ValidationError as error:
        raise DoesNotFit(errors=[FieldError("", one["msg"].removeprefix("Value error, ")) for one in error.errors()]) from None
    return after if after == organisation else after.model_copy(update={"version": organisation.version + 1})


def fact(organisation: Organisation) -> OrganisationRecorded:
    return OrganisationRecorded.model_validate(organisation.model_dump())


def identifier_of(text: str) -> OrganisationIdentifier | None:
    """``GB-NHS-QYG`` is QYG in the register GB-NHS; None where it is no such text."""
    country, _, rest = text.strip().partition("-")
    register, _, number = rest.partition("-")
    try:
        return OrganisationIdentifier(scheme=f"{country}-{register}", id=number) if country and register else None
    except ValidationError:
        return None
