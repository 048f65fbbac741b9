"""AppArmor and SELinux: what they have refused to keepalived or hawatch, as far as the logs are open to us."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, fine, unknown, warning

NAME = "confinement"
LOGS = ("/var/log/audit/audit.log", "/var/log/kern.log", "/var/log/syslog")
TAIL = 1 << 20  # characters
_DENIED = re.compile(r'apparmor="DENIED"|avc:\s+denied')
_OURS = re.compile(r"keepalived|hawatch")
APPARMOR, SELINUX = "/sys/module/apparmor/parameters/enabled", "/sys/fs/selinux/enforce"


def examine(case: Case) -> Iterator[Line]:
    """One line."""
    modules = []
    if case.host.read_or_nothing(APPARMOR).strip() == "Y":
        modules.append("AppArmor")
    if case.host.read_or_nothing(SELINUX).strip() in {"0", "1"}:
        modules.append("SELinux")
    if not modules:
        yield fine(NAME, "neither AppArmor nor SELinux is active")
        return
    texts = list(_texts(case))
    if not texts:
        names = " and ".join(modules)
        yield unknown(
            NAME, f"{names} is active, and no log of refusals can be read; run hawatch doctor as root"
        )
        return
    refusals = [
        line for text in texts for line in text.splitlines() if _DENIED.search(line) and _OURS.search(line)
    ]
    if refusals:
        yield warning(NAME, f"{len(refusals)} refusals, the last: {_shown(refusals[-1])}", _remedy(modules))
    else:
        yield fine(
            NAME, f"{' and '.join(modules)} has refused nothing to keepalived or hawatch, as the logs tell"
        )


def _texts(case: Case) -> Iterator[str]:
    for log in LOGS:
        text = case.host.read_or_nothing(log)
        if text:
            yield text[-TAIL:]
    try:
        ran = case.host.run(("dmesg",))
    except OSError:
        return
    if ran.code == 0:
        yield ran.output[-TAIL:]


def _shown(line: str) -> str:
    found = _DENIED.search(line)
    return line[found.start() if found else 0 :].strip()[:200]


def _remedy(modules: list[str]) -> str:
    if "SELinux" in modules:
        lines = "ausearch -m avc -ts boot | grep -E 'keepalived|hawatch' | audit2allow -M hawatch-local"
        return f"{lines}\nsemodule -i hawatch-local.pp  # read hawatch-local.te before"
    return "aa-logprof  # then: systemctl reload apparmor"
