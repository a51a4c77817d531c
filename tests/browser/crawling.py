"""Every page that a person can reach by links, at most so many of each route."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpx2 as httpx
from fastapi.routing import APIRoute

from deploy.local.services import all_services
from shared.origin import PATHS
from shared.pages.visitors import COOKIE

_EACH = 2
_LINK = re.compile(r'<a\s[^>]*?href="([^"]+)"')
_TABLE, _TAG = re.compile(r"<table\b"), re.compile(r"<[^>]+>")
_CAPTION = re.compile(r"<caption[^>]*>(.*?)</caption>", re.DOTALL)
_DOWNLOAD = re.compile(r'href="(?:[^"]*(?:\.csv|(?:file|form)=csv)\b|data:text/csv)[^"]*"')
_ACCEPT = {"Accept": "text/html,application/xhtml+xml,*/*"}


def routes() -> Iterator[tuple[str, APIRoute]]:
    """Every page route with its path in the origin."""
    for service in all_services():
        for route in service.pages.routes if service.pages else ():
            if isinstance(route, APIRoute):
                yield PATHS[service.name] + route.path, route


def route_of(path: str) -> str | None:
    """The route that answers a path, None where no page does."""
    for whole, route in routes():
        prefix = whole.removesuffix(route.path)
        if "GET" in route.methods and path.startswith(prefix) and route.path_regex.match(path.removeprefix(prefix)):
            return whole
    return None


@dataclass
class Found:
    pages: dict[str, str] = field(default_factory=dict)
    """The first path of each route that shows a page."""
    routes: Counter[str] = field(default_factory=Counter)
    """How often each route answered, those of downloads too."""
    broken: list[str] = field(default_factory=list)
    """What could not be opened."""
    kept_back: set[str] = field(default_factory=set)
    """Tables below which nothing offers to download them, each as ``route: caption``."""


def _kept_back(html: str) -> Iterator[str]:
    """The captions of tables without a link to a CSV file before the next table."""
    for table in _TABLE.split(html)[1:]:
        if not _DOWNLOAD.search(table):
            caption = _CAPTION.search(table)
            yield " ".join(_TAG.sub("", caption.group(1)).split()) if caption else ""


def crawl(url: str, session: str | None, *starts: str) -> Found:
    """Whatever links lead to from ``starts``."""
    found = Found()
    waiting, seen = list(starts), set(starts)
    with httpx.Client(base_url=url, headers=_ACCEPT, cookies={COOKIE: session} if session else {}, timeout=60) as http:
        while waiting:
            path = waiting.pop(0)
            route = route_of(urlsplit(path).path)
            if route is not None and found.routes[route] >= _EACH:
                continue
            answer = http.get(path)
            if answer.status_code in (303, 307):
                here = answer.headers["location"]
                if here not in seen and here.startswith("/"):
                    seen.add(here)
                    waiting.append(here)
            elif answer.status_code != 200:
                found.broken.append(f"{path}: {answer.status_code}")
                continue
            if route is not None:
                found.routes[route] += 1
            if not answer.headers.get("content-type", "").startswith("text/html") or route is None:
                continue
            found.pages.setdefault(route, path)
            found.kept_back |= {f"{route}: {caption}" for caption in _kept_back(answer.text)}
            for href in _LINK.findall(answer.text):
                there = urljoin(path, href.replace("&amp;", "&")).split("#")[0]
                if there.startswith("/") and there not in seen and "/sign-out" not in there:
                    seen.add(there)
                    waiting.append(there)
    return found
