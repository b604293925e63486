"""File > Import of the genuine challenge folder in the real window: bands in one object, masks seen, and what is not complete said."""

from __future__ import annotations

import pytest
from challenge_files import TABLE, ground

from astrolens_gui.workbench import Workbench

pytestmark = pytest.mark.window


def test_that_the_challenges_folder_is_brought_in_through_the_window(qtbot, shown, tmp_path):
    folder = tmp_path / "GroundBasedTraining"
    ground(folder, (100000, 100001), masked=5)
    (folder / "Public" / "Band4" / "imageSDSS_U-100001.fits").unlink()
    (folder / "classifications.csv").write_text(TABLE + "100000,1,9e-11,31,81\n100001,0,0,0,0\n")
    with Workbench.start(window=True) as bench:
        window = shown(bench)
        window.session.open(
            tmp_path / "blf.astrolens",
            create={},
            then=lambda: window.projects.bring_in([folder], {"bands": None, "pixel_scale": None}),
        )
        qtbot.waitUntil(lambda: window.projects.report is not None, timeout=20_000)
        said = window.projects.report.text.toPlainText()
        assert "1 of 2 objects lack a band (u: 1; 100001); they have the others" in said
        assert "has the truth of 2 of 2 objects" in said
        window.projects.report.close()
        qtbot.waitUntil(lambda: window.current.object_id > 0, timeout=10_000)
        qtbot.waitUntil(lambda: not window.stage.sight(window.current.object_id).reason, timeout=10_000)
        rows = {row.name: row for row in bench.opened.on_db(lambda: bench.store.objects())}
        assert [plane["band"] for plane in rows["100000"].planes] == ["u", "g", "r", "i"]
        report = bench.import_labels(folder / "classifications.csv").result(20)
        assert report.added == 2
        assert "by truth" in report.notes[0]
        qtbot.wait(500)  # what is fetched ahead of the grader arrives before the window goes
        window.close()
