"""What a password may not be: short, or one that is guessed first. Nothing is asked of its characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

SHORTEST = 12
LONGEST = 200
_LEAST_UNUSUAL = 7
"""So many characters must be left when what everybody would try is taken away."""
_USUAL = (  # noqa: SIM905
    "password passwort passw0rd passphrase letmein welcome admin administrator login changeme secret default temporary master "
    "iloveyou sunshine princess monkey dragon football baseball superman batman shadow summer winter spring autumn monday friday "
    "january february march april june july august september october november december liverpool everton manchester chelsea "
    "arsenal england merseyside cheshire hospital nhs nurse doctor trust council parity hello computer internet whatever"
).split()
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_RUN = 4
_MEANT = str.maketrans("0134578@$!", "oieastbasi")


def too_easy(password: str, own: Iterable[str] = ()) -> str | None:
    """What to do about it, as a sentence; None where nothing is wrong. ``own``: the person's name and address."""
    if len(password) < SHORTEST:
        return f"Password must have {SHORTEST} characters or more"
    if len(password) > LONGEST:
        return f"Password must have {LONGEST} characters or fewer"
    said = password.lower()
    words = {*_USUAL, *_words(own)}
    if any(_unusual(form, words) < _LEAST_UNUSUAL for form in (said, said.translate(_MEANT))):
        return "Choose a password that is harder to guess, such as three words that have nothing to do with each other"
    return None


def _words(own: Iterable[str]) -> Iterator[str]:
    for each in own:
        yield from (word for word in re.split(r"[\W_]+", each.lower()) if len(word) > 2)


def _unusual(said: str, words: Iterable[str]) -> int:
    """How many characters are neither a usual word, nor a run such as 1234 or qwerty, nor a repetition."""
    for word in sorted(words, key=len, reverse=True):
        said = said.replace(word, "")
    said = re.sub(r"(19|20)\d\d", "", said)
    for row in (*_ROWS, *(row[::-1] for row in _ROWS)):
        for length in range(len(row), _RUN - 1, -1):
            for start in range(len(row) - length + 1):
                said = said.replace(row[start : start + length], "")
    said = re.sub(r"(.+?)\1+", r"\1", said)
    return min(len(said), 2 * len(set(said)))
