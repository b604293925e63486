"""Which training a folder of kept states belongs to."""

from __future__ import annotations

import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.learn import unfinished

SAME = {"set": "abc", "seed": 1}


def begun(home, same=SAME, **how):
    return unfinished.begin(home, same, {"backend": "toy", "label_ids": (1, 2)}, **how)


def test_that_the_same_training_gets_the_same_folder(tmp_path):
    folder = begun(tmp_path)
    (folder / "state").write_text("kept")
    assert begun(tmp_path) == folder
    assert (folder / "state").exists()
    found = unfinished.found(tmp_path)
    assert (found.folder, found.asked) == (folder, {"backend": "toy", "label_ids": [1, 2]})
    assert found.begun.endswith("+00:00")


def test_that_another_training_takes_its_place(tmp_path):
    first = begun(tmp_path)
    second = begun(tmp_path, {**SAME, "seed": 2})
    assert not first.exists()
    assert second.exists()


def test_that_one_that_got_nowhere_is_none(tmp_path):
    assert unfinished.found(tmp_path / "none") is None
    begun(tmp_path)
    assert unfinished.found(tmp_path) is None


def test_that_nothing_is_kept_of_what_is_finished(tmp_path):
    unfinished.finish(begun(tmp_path))
    unfinished.finish(None)
    assert list(tmp_path.iterdir()) == []


def test_that_only_the_one_that_was_broken_off_goes_on(tmp_path):
    first = begun(tmp_path)
    (first / "state").write_text("kept")
    with pytest.raises(UserError, match="the images, the model it began from or the program changed"):
        begun(tmp_path, {**SAME, "set": "other"}, only=first)
    assert (first / "state").exists(), "and it stays, for who puts things right"
    assert begun(tmp_path, only=first) == first


def test_that_a_folder_that_cannot_be_written_keeps_nothing(tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert begun(tmp_path / "file" / "home") is None
    assert begun(None) is None
