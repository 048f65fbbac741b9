"""Where the single file begins: it is hawatch, and hawatch-helper when it is called so.

hawatch-helper is a link to it; where links are not at hand, `hawatch helper …` is the same.
"""

from __future__ import annotations

import sys
from pathlib import Path

ZONES = Path(__file__).with_name("tzdata.zip")
"""Time zones, for hosts that have none of their own; zoneinfo looks for the package tzdata there."""


def main() -> int:
    """Run the program by whose name we were called."""
    sys.path.append(str(ZONES))
    if Path(sys.argv[0]).name == "hawatch-helper":
        from hawatch.helper.__main__ import main as helper

        return helper()
    if sys.argv[1:2] == ["helper"]:
        from hawatch.helper.__main__ import main as helper

        return helper(sys.argv[2:])
    from hawatch.cli import main as hawatch

    return hawatch()


if __name__ == "__main__":
    sys.exit(main())
