"""OpenIPMI's ipmi_sim as the fence device of one machine, whose power is a file: 1 is on, 0 is off.

    bmc = Bmc(directory="/run/bmc", address="0.0.0.0")
    for name, text in bmc.files().items(): ...write it below the directory...
    ...run bmc.argv...

Whoever plays the machine looks at `power`; fence_ipmilan needs `lanplus` and `cipher = 3`, or it takes many seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

USER, PASSWORD = "fencer", "k7-Sesam"
AUTHS = "none md2 md5 straight"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bmc:
    """One device, with all its files in `directory`, which exists; there is a directory `state` in it."""

    directory: str
    address: str
    port: int = 623

    @property
    def argv(self) -> tuple[str, ...]:
        """How it is started, in the foreground."""
        at = self.directory
        return (
            "/usr/bin/ipmi_sim",
            "-c",
            f"{at}/lan.conf",
            "-f",
            f"{at}/commands",
            "-s",
            f"{at}/state",
            "-n",
        )

    def files(self) -> Mapping[str, str]:
        """What it reads, by name; `power` is what it switches, `calls` has what it was told."""
        return {"lan.conf": self._lan(), "commands": COMMANDS, "chassis": self._chassis(), "power": "1\n"}

    def _lan(self) -> str:
        auths = "".join(
            f"    allowed_auths_{level} {AUTHS}\n" for level in ("callback", "user", "operator", "admin")
        )
        return f"""\
name "bmc"
set_working_mc 0x20
  startlan 1
    addr {self.address} {self.port}
    priv_limit admin
{auths}    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "/bin/sh {self.directory}/chassis 0x20"
  user 1 true "" "unused" user 10 {AUTHS}
  user 2 true "{USER}" "{PASSWORD}" admin 10 {AUTHS}
"""

    def _chassis(self) -> str:
        return f"""\
# Called with the controller's address, then: get PROPERTY..., set PROPERTY VALUE..., or check PROPERTY...
shift
verb=$1
shift
echo "$verb $*" >>{self.directory}/calls
while [ $# -gt 0 ]; do
  case "$verb $1" in
    "get power") echo "power:$(cat {self.directory}/power)"; shift ;;
    "set power") echo "$2" >{self.directory}/power; shift 2 ;;
    set*) shift 2 ;;
    *) shift ;;
  esac
done
"""


COMMANDS = """\
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""
