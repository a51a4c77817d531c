"""What no line of a page may end within: a figure and its unit, a day and its month, the name of a quarter.

Done once, to the finished page, so that it holds for whatever is read there: words of templates, sentences that rules make, what
somebody wrote. Nothing else is touched: values of forms, links, titles and drawings stay as they are, and so do files and mails.
"""

from __future__ import annotations

import re

# In a finished page every ">" of a text is escaped: where one comes before the next "<", this is the inside of a tag.
_READ_ON_THE_PAGE = r"(?![^<>]*(?:>|</(?:textarea|option|title|script|style|text)>))"
_QUARTER = r"(?P<quarter>\b\d{4}-\d\d Q[1-4]\b)"
_FIGURE = r"(?P<figure>(?<![\w.,-])\d[\d,]*(?:\.\d+)?) (?=%|[A-Za-z]\w{0,11}\b)"
_TOGETHER = re.compile(f"(?:{_QUARTER}|{_FIGURE}){_READ_ON_THE_PAGE}", re.ASCII)


def unbroken(page: str) -> str:
    """A page of HTML, with no-break spaces behind figures and each quarter's name kept on one line."""
    return _TOGETHER.sub(_kept, page)


def _kept(found: re.Match[str]) -> str:
    if found["quarter"]:
        return f'<span class="parity-unbroken">{found["quarter"]}</span>'
    return f"{found['figure']}\N{NO-BREAK SPACE}"
