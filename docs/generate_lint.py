"""Writes docs/lint.md from the rule tables: `make docs`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from hawatch.keepalived.lint.file_rules import FILE_RULES
from hawatch.keepalived.lint.pair_rules import PAIR_RULES
from hawatch.keepalived.lint.rule import Rule
from hawatch.keepalived.lint.subject import Couple, Written

PLACE = Path(__file__).with_name("lint.md")

_HEAD = """# hawatch lint

Generated from `hawatch/keepalived/lint/` by `make docs`.

```
hawatch lint /etc/keepalived/keepalived.conf       # one node
hawatch lint lb01.conf lb02.conf                   # the two halves of a pair, against each other
hawatch lint keepalived.conf keepalived.conf --config-id lb01 --config-id lb02   # one file with @lb01 and @lb02 lines
hawatch lint lb01.conf lb02.conf --json            # objects: file, line, severity, rule, sentence, remedy
```

Each problem is one line, `file:line: severity: sentence [rule]`, with its remedy indented below: the line to write,
wherever there is one. Exit code 0: nothing, or information only; 1: warnings; 2: errors, a file that cannot be read, a
usage error. A password is never printed; two are compared by fingerprints under a random key that is thrown away.

With several files each two are compared, instance by instance. Instances are paired by their VIPs, their VRID and their
interface, never by their names: one set of VIPs under two VRIDs is a pair with a `vrid_mismatch`. Rules are named like
the causes in [verdicts.md](verdicts.md) where they find the same thing before it happens. What keepalived does is what
version 2.2.7 does (Debian 12); where others differ, the row says so. Files and directories of scripts are looked at on
the host where lint runs.

"""


def page() -> str:
    """The whole document."""
    return f"{_HEAD}## In one file\n\n{_table(FILE_RULES)}\n## Between two files\n\n{_table(PAIR_RULES)}"


def _table(rules: Iterable[Rule[Written]] | Iterable[Rule[Couple]]) -> str:
    rows = "".join(
        f"| `{rule.name}` | {rule.severity.value} | {rule.finds} | {rule.why} |\n" for rule in rules
    )
    return f"| rule | severity | finds | why it matters |\n|---|---|---|---|\n{rows}"


if __name__ == "__main__":
    PLACE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PLACE.name} written\n")
