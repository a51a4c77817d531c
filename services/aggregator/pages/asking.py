"""Which figures a page shows: of which quarter, and as they were known at which time. Its links lead to the same ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from services.aggregator.models.facts import REGION
from services.aggregator.models.publications import EVERYTHING, Known, PublicationRecord
from services.aggregator.models.totals import Counted, CountedMeasure, Dimension, Total
from shared.origin import link
from shared.quarters import LONDON, Quarter
from shared.words import day


@dataclass(frozen=True, kw_only=True)
class Asked:
    quarter: Quarter
    threshold: int
    """Of small numbers."""
    cut: date | None = None
    """A provisional cut: as everything was known at the end of this day."""
    publication: PublicationRecord | None = None

    known_by: datetime | None = None
    """Of another quarter beside a publication: as it was known when that was closed."""

    @property
    def as_of(self) -> datetime | None:
        """The last moment of the day of a provisional cut."""
        if self.cut is None:
            return self.known_by
        return datetime.combine(self.cut + timedelta(days=1), time(), LONDON) - timedelta(microseconds=1)

    @property
    def known(self) -> Known:
        if self.publication is not None:
            return Known(self.publication.entry)
        return EVERYTHING if self.as_of is None else Known(at=self.as_of)

    @property
    def _published_at(self) -> datetime | None:
        return None if self.publication is None else self.publication.publication.published_at

    @property
    def moment(self) -> datetime:
        """Until when everything was known."""
        return self._published_at or self.as_of or datetime.max.replace(tzinfo=UTC)

    @property
    def number(self) -> int | None:
        return None if self.publication is None else self.publication.publication.number

    @property
    def standing(self) -> str:
        """What kind of figures these are; stands beside every table and chart, and in every row of a download."""
        if self.cut is not None:
            return f"Provisional, as known at the end of {day(self.cut)}"
        if self.publication is not None:
            made = self.publication.publication
            return f"Publication {made.number} of {day(made.published_at)}"
        return "As known now, not a publication"

    @property
    def file_name(self) -> str:
        """Ends the name of a downloaded file."""
        if self.cut is not None:
            return f"{self.quarter.code}-provisional-{self.cut}"
        return f"{self.quarter.code}-{'now' if self.number is None else f'publication-{self.number}'}"

    @property
    def _words(self) -> dict[str, object]:
        return {"quarter": self.quarter.code, "cut": self.cut, "publication": self.number}

    def in_quarter(self, quarter: Quarter) -> Self:
        """The same of another quarter, as it was known at the same time."""
        if quarter == self.quarter:
            return self
        return replace(self, quarter=quarter, publication=None, known_by=self.known_by or self._published_at)

    def query(self, **others: object) -> str:
        """Of a link to the same figures; ``others`` is what else its page is asked, None for nothing."""
        return urlencode({name: str(value) for name, value in {**self._words, **others}.items() if value is not None})

    def link(self, path: str, **others: object) -> str:
        return f"{link('aggregator', path)}?{self.query(**others)}"


@dataclass(frozen=True, kw_only=True)
class AskedMeasure(Asked):
    """One measure's figures; and of a member, where the contracts behind a total are asked for."""

    measure: CountedMeasure
    counted: Counted
    dimension: Dimension = Dimension.REGION
    member: str = REGION

    @property
    def file_name(self) -> str:
        return f"{''.join(each for each in self.measure.code if each.isalnum())}-{super().file_name}"

    @property
    def _words(self) -> dict[str, object]:
        named = {**super()._words, **naming(self.measure, self.counted)}
        if self.dimension is Dimension.REGION:
            return named
        return {**named, "dimension": self.dimension, "member": self.member}


@dataclass(frozen=True, kw_only=True)
class AskedComparison(Asked):
    """What is known now, a provisional cut or a publication, compared with a publication."""

    against: PublicationRecord

    @property
    def sides(self) -> tuple[Asked, Asked]:
        """The one that knew less first."""
        one = Asked(quarter=self.quarter, threshold=self.threshold, cut=self.cut, publication=self.publication)
        other = Asked(quarter=self.quarter, threshold=self.threshold, publication=self.against)
        return (one, other) if one.moment < other.moment else (other, one)

    @property
    def standing(self) -> str:
        before, after = self.sides
        return f"{before.standing}, compared with: {after.standing}"

    @property
    def file_name(self) -> str:
        return f"{super().file_name}-against-publication-{self.against.publication.number}"

    @property
    def _words(self) -> dict[str, object]:
        return {**super()._words, "against": self.against.publication.number}


def naming(measure: CountedMeasure | Total, counted: Counted | None = None) -> dict[str, Any]:
    """What a link says to name a measure."""
    code, owner = (measure.measure_code, measure.owner_id) if isinstance(measure, Total) else (measure.code, measure.buyer_id)
    kept = counted or (measure.counted if isinstance(measure, Total) else "contracts")
    return {
        "measure": code,
        "framework": measure.framework,
        "unit": measure.unit,
        "owner_id": owner,
        "counted": None if kept == "contracts" else kept,
    }
