"""The challenge's two training folders, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from challenge_files import TABLE, ground, image, space


@pytest.fixture(scope="session")
def training(tmp_path_factory) -> Path:
    """GroundBasedTraining and SpaceBasedTraining side by side, with the same IDs, as they unpack."""
    folder = tmp_path_factory.mktemp("blf")
    ground(folder / "GroundBasedTraining", (100000, 100001, 100002), masked=9)
    space(folder / "SpaceBasedTraining", (100000, 100001))
    (folder / "GroundBasedTraining" / "classifications.csv").write_text(
        TABLE + "100000,1,9.4e-11,310,812\n100001,0,0,0,0\n100002,0,0,0,0\n"
    )
    (folder / "SpaceBasedTraining" / "classifications.csv").write_text(
        TABLE + "100000,0,0,0,0\n100001,1,2.4e-11,20,44\n"
    )
    private = folder / "GroundBasedTraining" / "Private" / "Band1" / "imageSDSS_R-100000.fits"
    image(private, "R", 5.5556e-5)
    return folder
