"""Simulated survey fields: files, boxes and arc masks as someone who trains a detector would read them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from astrolens_simulator.fields import COLUMNS, Fields
from astrolens_simulator.plugin import FIELDS, FieldParams
from astropy.io import fits
from astropy.wcs import WCS

from astrolens_gui.api import Cancelled, Context, Simulates, UserError, build

SIZE = 256


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two fields, dense with lenses, and their table."""
    out = tmp_path_factory.mktemp("fields")
    params = build(FIELDS.params, {"size": SIZE, "lenses_arcmin2": 20, "impostors_arcmin2": 20})
    return Fields(params).simulate(out, 2, Context(seed=4))


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_that_boxes_hold_their_arcs_and_the_sky_positions_are_those_of_the_header(drawn: Path):
    found = rows(drawn)
    assert tuple(found[0]) == COLUMNS
    lenses = [row for row in found if row["is_lens"] == "1"]
    assert len(lenses) >= 3
    assert len({row["ID"] for row in found}) == len(found)
    for row in found:
        with fits.open(drawn.parent / f"{row['image']}.fits") as hdus:
            hdus.verify("exception")
            image, arcs, header = hdus["VIS_FLUX"].data, hdus["ARCS"].data, hdus["VIS_FLUX"].header
        assert image.shape == arcs.shape == (SIZE, SIZE)
        x, y = WCS(header).world_to_pixel_values(float(row["ra_deg"]), float(row["dec_deg"]))
        if row["is_lens"] == "0":
            assert row["w"] == row["number"] == ""
            continue
        cx, cy, w, h = (float(row[name]) for name in "xywh")
        hit = np.argwhere(arcs == int(row["number"]))
        assert len(hit) == int(row["arc_pixels"]) > 0
        assert (np.abs(hit - (cy, cx)) <= (h / 2 + 0.02, w / 2 + 0.02)).all()
        assert np.hypot(x - cx, y - cy) < 0.75 * max(w, h)
        assert min(w, h) >= 2 * float(row["theta_E_arcsec"]) / 0.1 * 0.5  # half of it where the field ends
        signal = image[tuple(hit.T)].mean()
        assert signal > 2 * np.median(image)


def test_that_a_field_depends_on_the_seed_and_its_number_alone_and_noise_has_the_surveys_size(drawn: Path):
    params = FieldParams(size=SIZE, lenses_arcmin2=20, impostors_arcmin2=20)
    again, other = Fields(params).field(1, 4), Fields(params).field(1, 5)
    with fits.open(drawn.parent / f"{rows(drawn)[-1]['image']}.fits") as hdus:
        assert np.array_equal(hdus["VIS_FLUX"].data, again.images[0])
    assert not np.array_equal(again.images, other.images)
    noise = (again.images - again.clean)[0]
    assert np.median(np.abs(noise - np.median(noise))) / 0.6745 == pytest.approx(0.0024, rel=0.3)
    assert set(np.unique(again.arcs)) - {0} <= {one.number for one in again.objects if one.box}


def test_that_several_bands_show_the_same_lenses():
    field = Fields(FieldParams("kids_gri", size=200, lenses_arcmin2=20)).field(0, 2)
    assert field.images.shape == (3, 200, 200)
    assert np.isfinite(field.images).all()
    assert field.arcs.max() >= 1


def test_that_a_used_folder_and_a_wrong_count_are_said_and_cancelling_ends_it(drawn: Path, tmp_path: Path):
    backend = Fields(FieldParams(size=64))
    assert isinstance(backend, Simulates)
    with pytest.raises(UserError, match="already exists"):
        backend.simulate(drawn.parent, 1, Context())
    with pytest.raises(UserError, match="at least 1"):
        backend.simulate(tmp_path, 0, Context())
    with pytest.raises(Cancelled):
        backend.simulate(tmp_path / "new", 2, Context(is_cancelled=lambda: True))
