"""What all tests share: which of them may run here, and how hypothesis behaves."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

import pytest
from hypothesis import HealthCheck, settings

ALL = os.environ.get("HAWATCH_TEST_ALL") == "1"
LAB_TIMEOUT = 600  # seconds; a hang guard, not an expectation

# A shared machine may be slow, so no deadline. In a gate the same examples every time: red means the change.
settings.register_profile("here", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("gate", settings.get_profile("here"), derandomize=True)
settings.load_profile("gate" if ALL or os.environ.get("CI") else "here")


@cache
def why_no_lab() -> str | None:
    """The reason why this host cannot run the lab as we are, or None."""
    if os.geteuid() != 0:
        return "needs root"
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    for tool in ("keepalived", "nft", "ip", "unshare", "nsenter"):
        if shutil.which(tool, path=path) is None:
            return f"needs {tool}"
    trial = subprocess.run(
        ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "true"], capture_output=True, check=False
    )
    return "needs network, mount, UTS and PID namespaces" if trial.returncode else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lab tests come last; where they cannot run they are skipped, but under HAWATCH_TEST_ALL=1 they fail."""
    lab = [item for item in items if item.get_closest_marker("lab")]
    for item in lab:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LAB_TIMEOUT))
        if not ALL and (reason := why_no_lab()):
            item.add_marker(pytest.mark.skip(reason=f"lab: {reason}"))
    items.sort(key=lambda item: item.get_closest_marker("lab") is not None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The seconds that the tests of monitoring systems tell (tests/integration/conftest.py)."""
    told = [
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == "told"
    ]
    if told:
        terminalreporter.section("what the monitoring systems took")
        for line in told:
            terminalreporter.line(line)
