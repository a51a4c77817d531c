"""Which figures a page shows: of which quarter, and as they were known at which time. Its links lead to the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Protocol, Self
from urllib.parse import urlencode

from services.aggregator.models.facts import REGION
from services.aggregator.models.publications import EVERYTHING, Known, PublicationRecord
from services.aggregator.models.totals import Counted, CountedMeasure, Dimension, Total
from services.aggregator.rules.days import end_of
from shared.origin import link
from shared.quarters import Quarter
from shared.words import day

NOW = "As known now, not a publication"


def provisional(cut: date) -> str:
    return f"Provisional, as known at the end of {day(cut)}"


class About(Protocol):
    """What a table or chart is about: a quarter or a year, and what kind of figures of it."""

    @property
    def period(self) -> tuple[str, str]:
        """As people say it, and as a file says it: ``2026-27 Q2`` and ``2026-27-Q2``."""

    @property
    def standing(self) -> str:
        """What kind of figures these are; stands beside every table and chart, and in every row of a download."""

    @property
    def file_name(self) -> str:
        """Ends the name of a downloaded file."""

    def link(self, path: str, **others: object) -> str:
        """A page about the same; ``others`` is what else it is asked, None for nothing."""


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
        return self.known_by if self.cut is None else end_of(self.cut)

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
    def period(self) -> tuple[str, str]:
        return str(self.quarter), self.quarter.code

    @property
    def standing(self) -> str:
        if self.cut is not None:
            return provisional(self.cut)
        if self.publication is not None:
            made = self.publication.publication
            return f"Publication {made.number} of {day(made.published_at)}"
        return NOW

    @property
    def file_name(self) -> str:
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

    def link(self, path: str, **others: object) -> str:
        return _link(path, {**self._words, **others})


@dataclass(frozen=True, kw_only=True)
class AskedMeasure(Asked):
    """One measure's figures; and of a member, where the contracts behind a total are asked for."""

    measure: CountedMeasure
    counted: Counted
    dimension: Dimension = Dimension.REGION
    member: str = REGION

    @property
    def of_quarter(self) -> Asked:
        """The same figures of all measures."""
        return Asked(quarter=self.quarter, threshold=self.threshold, cut=self.cut, publication=self.publication)

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


@dataclass(frozen=True)
class AskedYear:
    """Partner VCFSE in a financial year."""

    year: str
    cut: date | None = None
    publication: PublicationRecord | None = None
    """Pledges are not published: as they were known when this was."""

    @property
    def period(self) -> tuple[str, str]:
        return self.year, self.year

    @property
    def as_of(self) -> datetime | None:
        if self.publication is not None:
            return self.publication.publication.published_at
        return None if self.cut is None else end_of(self.cut)

    @property
    def standing(self) -> str:
        if self.publication is not None:
            made = self.publication.publication
            return f"As known when publication {made.number} was closed on {day(made.published_at)}"
        return NOW if self.cut is None else provisional(self.cut)

    @property
    def file_name(self) -> str:
        return f"{self.year}-{'now' if self.cut is None else f'provisional-{self.cut}'}"

    def link(self, path: str, **others: object) -> str:
        return _link(path, {"year": self.year, "cut": self.cut, **others})


def _link(path: str, asked: Mapping[str, object]) -> str:
    words = urlencode({name: str(value) for name, value in asked.items() if value is not None})
    return f"{link('aggregator', path)}?{words}"


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
