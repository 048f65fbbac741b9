"""An import-linter contract for rooms that are named in the house's plan before they are built."""

from __future__ import annotations

from typing import Any, cast

from grimp import ImportGraph
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.domain.contract import ContractCheck


class PresentForbiddenContract(ForbiddenContract):
    """A `forbidden` contract whose source modules need not all exist yet: the absent ones import nothing."""

    type_name = "present_forbidden"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        contract = cast("Any", self)  # import-linter declares fields, and puts parsed values in their place
        contract.source_modules = {
            each for each in contract.source_modules if each.expression in graph.modules
        }
        return super().check(graph, verbose)
