"""Speed of the simulator: stamps a second on one core, by preset, files and truth included; beside it a plain lenstronomy loop.

    OMP_NUM_THREADS=1 python benchmarks/simulate.py [--count 60] [--out docs/…]

The plain loop is what a user would write: SimAPI once, then for every object an ImageModel of an SIE with shear, two Sérsic
profiles and the survey's PSF, its noise, and a FITS file through astropy. It draws lenses alone, without neighbours, clumps,
impostors or defects: less than the simulator does. CPU seconds of one process are counted, not wall-clock time.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from pathlib import Path

import numpy as np
from astrolens_simulator.plugin import SimulatorParams
from astrolens_simulator.simulator import Simulator
from astrolens_simulator.surveys import Survey, surveys
from astropy.io import fits

from astrolens_gui.api import Context, build


def ours(survey: str, size: int | None, count: int, lenses: float) -> float:
    """Stamps a CPU second of `simulate`."""
    simulator = Simulator(build(SimulatorParams, {"survey": survey, "size": size, "lens_fraction": lenses}))
    simulator.stamp(0, 1)  # imports and tables
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        simulator.simulate(Path(folder), count, Context(seed=1))
        return count / (time.process_time() - began)


def moffat_kernel(survey: Survey) -> np.ndarray:
    """The reference band's PSF in pixels (41, 41), of unit sum."""
    band, axis = survey.reference, (np.arange(41) - 20) * survey.pixel_scale
    core = band.fwhm_arcsec / (2 * math.sqrt(2 ** (1 / band.moffat_beta) - 1))
    kernel = (1 + (axis[:, None] ** 2 + axis[None, :] ** 2) / core**2) ** -band.moffat_beta
    return kernel / kernel.sum()


def plain(survey: Survey, size: int, count: int) -> float:
    """Stamps a CPU second of a lenstronomy loop over one band of a survey."""
    from lenstronomy.SimulationAPI.sim_api import SimAPI
    from lenstronomy.Util.param_util import phi_q2_ellipticity

    band = survey.reference
    seconds, electrons = 1000.0, band.gain * 10 ** (0.4 * (band.zero_point - 25.0)) / 1000.0
    told = {
        "pixel_scale": survey.pixel_scale, "exposure_time": seconds, "magnitude_zero_point": 25.0, "read_noise": 5.0,
        "ccd_gain": 1.0, "sky_brightness": 22.0, "num_exposures": 1, "psf_type": "PIXEL", "kernel_point_source": moffat_kernel(survey),
    }  # fmt: skip
    models = {
        "lens_model_list": ["SIE", "SHEAR"],
        "lens_light_model_list": ["SERSIC_ELLIPSE"],
        "source_light_model_list": ["SERSIC_ELLIPSE"],
    }
    rng = np.random.default_rng(1)
    api = SimAPI(size, told, models)
    model = api.image_model_class({"supersampling_factor": survey.oversample, "supersampling_convolution": True})

    def one(path: Path) -> None:
        e1, e2 = phi_q2_ellipticity(rng.uniform(0, math.pi), rng.uniform(0.6, 0.95))
        mass = [
            {"theta_E": rng.uniform(0.6, 2), "e1": e1, "e2": e2, "center_x": 0, "center_y": 0},
            {"gamma1": rng.normal(0, 0.03), "gamma2": rng.normal(0, 0.03)},
        ]
        galaxy = [
            {"amp": 30 * electrons, "R_sersic": 0.8, "n_sersic": 4, "e1": e1, "e2": e2, "center_x": 0, "center_y": 0}
        ]
        x, y = rng.normal(0, 0.2, 2)
        source = [
            {"amp": 9 * electrons, "R_sersic": 0.2, "n_sersic": 1, "e1": 0.1, "e2": 0, "center_x": x, "center_y": y}
        ]
        image = model.image(mass, source, galaxy)
        fits.writeto(path, (image + api.noise_for_model(image)).astype(np.float32))

    with tempfile.TemporaryDirectory() as folder:
        one(Path(folder) / "warm.fits")
        began = time.process_time()
        for number in range(count):
            one(Path(folder) / f"{number}.fits")
        return count / (time.process_time() - began)


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60)
    given = parser.parse_args()
    print("| preset | bands | size (px) | stamps/s/core |\n|---|---|---|---|")
    for name, survey in surveys().items():
        rate = ours(name, None, given.count, 0.5)
        print(f"| {name} | {len(survey.bands)} | {survey.size} | {rate:.0f} |", flush=True)
    survey = surveys()["euclid_vis"]
    mixed, lenses = (ours("euclid_vis", 101, given.count, share) for share in (0.5, 1.0))
    loop = plain(survey, 101, max(given.count // 2, 5))
    print(f"\neuclid_vis at 101 px: {mixed:.0f} stamps/s/core, lenses alone {lenses:.0f}; plain lenstronomy loop {loop:.1f}: "
          f"{mixed / loop:.1f} and {lenses / loop:.1f} times as fast")  # fmt: skip


if __name__ == "__main__":
    main()
