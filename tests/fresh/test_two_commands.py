"""The two commands of the first page, as they stand there, where nothing is but a minimal Debian with git and make."""

from __future__ import annotations

import re

from hawatch import __version__
from tests.documents import CLONE, blocks, commands_of
from tests.fresh.roots import HOME, give_what_a_site_has, minimal_debian, put_clone, run_in

PAGE = CLONE / "README.md"


def test_the_demo_and_the_package_need_nothing_but_git_and_make() -> None:
    look, build = (command.text for command in commands_of(blocks(PAGE)[0]))
    (package,) = set(re.findall(r"dist/(hawatch_[\w.-]+\.deb)", PAGE.read_text(encoding="utf-8")))
    assert __version__ in package
    with minimal_debian("git", "make") as root:
        give_what_a_site_has(root)
        put_clone(root)
        shown = run_in(root, look)
        assert re.search(r"lb01 +split_brain, \d+\.\d\d s +lb01 and lb02 both hold", shown), shown
        assert re.search(r"lb02 +steady, \d+\.\d\d s", shown), shown
        run_in(root, build)
        assert (root / HOME.lstrip("/") / "dist" / package).is_file()
