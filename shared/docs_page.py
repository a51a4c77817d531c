"""The description of an API as one plain page: no script, no style sheet, no font from anywhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = """
body { font: 1rem/1.5 sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
code { font-size: 1rem } section { border-top: 1px solid #768692; padding: 0.5rem 0 } dt { font-weight: bold }
"""


def docs_page(openapi: Mapping[str, Any]) -> str:
    title = escape(openapi["info"]["title"])
    operations = "\n".join(_operations(openapi["paths"]))
    return f"""<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{_STYLE}</style></head>
<body><main><h1>{title}</h1>
<p>Send an API key as a bearer token. Errors are <code>application/problem+json</code>.
The whole description for machines: <a href="openapi.json">openapi.json</a>.</p>
{operations}
</main></body></html>
"""


def _operations(paths: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            said = escape(operation.get("description") or operation.get("summary", ""))
            parameters = "".join(_parameter(one) for one in operation.get("parameters", ()))
            yield f"""<section><h2><code>{method.upper()} {escape(path)}</code></h2><p>{said}</p>
{f"<dl>{parameters}</dl>" if parameters else ""}</section>"""


def _parameter(parameter: Mapping[str, Any]) -> str:
    needed = "needed" if parameter.get("required") else "may be left out"
    return (
        f"<dt><code>{escape(parameter['name'])}</code> ({escape(parameter['in'])}, {needed})</dt>"
        f"<dd>{escape(parameter.get('description', ''))}</dd>"
    )
