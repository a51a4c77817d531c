"""Pages: forms and tables for people, rendered on the server, that work without JavaScript.

A service makes one ``Pages`` (``site.py``) and adds routes to its router. Each route says by ``admit(…)`` who may open it,
takes ``Tx`` and ``Now`` like every JSON route, binds a form to a pydantic model (``forms.py``) and shows a template. The
templates stand on ``templates/layout.jinja`` and the NHS.UK design system; ``templates/form.jinja`` holds the fields of forms.
"""
