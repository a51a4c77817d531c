"""Beyond what import-linter holds: no module needs itself, by whatever way around, also where it imports as late as it can."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp


def test_no_module_needs_itself() -> None:
    graph = grimp.build_graph("services", "shared", "deploy", exclude_type_checking_imports=True)
    needs = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(needs) > 100
    TopologicalSorter(needs).prepare()  # raises CycleError, which names the way around
