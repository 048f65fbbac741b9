"""Files of /proc that stay open: what is read is what stands there now, under the name, or an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawatch.proc_file import ProcFile, read_proc


def test_each_reading_is_of_its_own_moment(tmp_path: Path) -> None:
    path = tmp_path / "stat"
    file = ProcFile(path)
    for text in ("cpu 1\n", "cpu 22\n" * 20_000, "cpu 3\n"):
        path.write_text(text)
        assert file.read() == text == read_proc(path)


def test_the_kernel_is_asked_anew() -> None:
    file = ProcFile("/proc/self/io")
    assert int(file.read().split()[1]) < int(file.read().split()[1])


def test_another_file_of_the_same_name_is_read_and_one_that_is_gone_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "rp_filter"
    path.write_text("1\n")
    file = ProcFile(path)
    assert file.read() == "1\n"
    path.unlink()
    with pytest.raises(FileNotFoundError):
        file.read()
    path.write_text("2\n")
    assert file.read() == "2\n"
    (tmp_path / "next").write_text("0\n")
    (tmp_path / "next").replace(path)
    assert file.read() == "0\n"
