"""A file is in its place whole, for its owner and group alone, or what was there stays."""

import os

import pytest

from dagster_project.lib import durable
from dagster_project.lib.durable import write_whole


@pytest.fixture(params=[0o000, 0o077])
def mask(request):
    """Whatever the process may create files for."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_a_file_is_replaced_whole_and_open_to_nobody_else(tmp_path, mask):
    target = tmp_path / "page.html"
    for content in (b"a longer one", b"short"):
        write_whole(target, content)
        assert target.read_bytes() == content
        assert target.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [target]


def test_what_goes_wrong_leaves_what_was_there(tmp_path, monkeypatch):
    target = tmp_path / "page.html"
    write_whole(target, b"whole")

    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "sync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(target, b"half")
    assert target.read_bytes() == b"whole" and list(tmp_path.iterdir()) == [target]


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(durable, "sync", lambda path: seen.append((path.name, (tmp_path / "f").exists())))
    write_whole(tmp_path / "f", b"x")
    assert seen == [(".f.part", False), (tmp_path.name, True)]
