"""Words that only commitments uses."""

from __future__ import annotations

from enum import StrEnum


class LegalRegime(StrEnum):
    PA2023 = "pa2023"
    PSR = "psr"
    PCR2015 = "pcr2015"
    LIGHT_TOUCH = "light_touch"
    BELOW_THRESHOLD = "below_threshold"
