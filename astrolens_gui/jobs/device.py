"""Where models can run: the devices, and what a child's environment says of them; imports no TensorFlow here."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..api import Context, UserError

NVIDIA = Path("/proc/driver/nvidia/gpus")
PROBE_TIMEOUT_S = 60.0
HALF_PRECISION_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})


@dataclass(frozen=True)
class Device:
    """One device as `astrolens doctor` lists it.

    Attributes:
        id: "cpu", "gpu:0", … — what goes into settings and `Context.device`.
        name: the maker's name.
        half_precision: faster in 16 bits than in 32: a GPU of compute capability ≥ 7, a CPU with AMX or AVX512_BF16.
    """

    id: str
    name: str
    half_precision: bool = False


class DeviceError(UserError):
    """A device was asked for that cannot be; one sentence."""


def cores() -> int:
    """The processor cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def environment(
    device: str = "auto",
    memory_growth: bool = True,
    threads: int | None = None,
    base: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The variables to set before anything imports TensorFlow or numpy.

    Args:
        device: "cpu" hides every GPU; "gpu:1" hides all but the second of those visible now; "auto" hides none.
        memory_growth: take GPU memory as needed, so that two programs can share the card.
        threads: for TensorFlow, OpenMP and BLAS; None leaves it to them.
        base: the environment that says which GPUs are visible now; the process's own by default.

    Raises:
        DeviceError: no such device.
    """
    variables = {
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true" if memory_growth else "false",
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    }
    if threads is not None:
        names = ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        variables |= dict.fromkeys(names, str(max(1, threads)))
        variables["TF_NUM_INTEROP_THREADS"] = "1"
    kind, _, number = device.lower().partition(":")
    if kind == "cpu":
        variables["CUDA_VISIBLE_DEVICES"] = "-1"
    elif kind == "gpu" and (number or "0").isdigit():
        variables["CUDA_VISIBLE_DEVICES"] = _visible_gpu(int(number or 0), os.environ if base is None else base)
    elif device.lower() not in {"", "auto"}:
        raise DeviceError(
            f"there is no device {device!r}; say auto, cpu, or gpu:0, gpu:1, … as astrolens doctor lists them"
        )
    return variables


def concrete(device: str) -> str:
    """ "auto" as what it stands for: the first NVIDIA card that the driver shows and nobody hides, or the CPU."""
    if device.lower() not in {"", "auto"}:
        return device
    shown = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip()
    hidden = not shown or shown.startswith("-")
    return "gpu:0" if NVIDIA.is_dir() and any(NVIDIA.iterdir()) and not hidden else "cpu"


def inside(device: str) -> str:
    """The same device as a child sees it whose environment shows it no other: its only GPU is gpu:0."""
    return "gpu:0" if device.lower().startswith("gpu") else device


def _visible_gpu(number: int, base: Mapping[str, str]) -> str:
    visible = base.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return str(number)
    listed = [name.strip() for name in visible.split(",") if name.strip()]
    if number >= len(listed) or listed[number].startswith("-"):
        count = sum(not name.startswith("-") for name in listed)
        raise DeviceError(f"there is no device gpu:{number}: CUDA_VISIBLE_DEVICES={visible!r} shows {count} GPUs")
    return listed[number]


def cpu() -> Device:
    """The processor, without asking TensorFlow."""
    name, flags = "CPU", ""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                name = value.strip()
            elif key.strip() == "flags":
                flags = value
                break
    except OSError:  # no /proc on this system
        pass
    return Device("cpu", f"{name} ({cores()} cores)", not HALF_PRECISION_FLAGS.isdisjoint(flags.split()))


def devices(ctx: Context | None = None, timeout: float = PROBE_TIMEOUT_S) -> list[Device]:
    """Every device, the processor first. Takes seconds: a child imports TensorFlow and tells.

    Raises:
        ChildDied, FailedInChild: TensorFlow is missing, or broke the child; the sentence says which.
    """
    from .process import run_in_child

    found = run_in_child(
        "astrolens_gui.jobs.device:probe", {}, ctx, env=environment("auto"), timeout=timeout, name="device probe"
    )
    return [cpu(), *(Device(**each) for each in found)]


def probe() -> list[dict[str, Any]]:
    """The GPUs, as TensorFlow sees them. Runs in a child only."""
    tensorflow = importlib.import_module("tensorflow")
    gpus = []
    for number, gpu in enumerate(tensorflow.config.list_physical_devices("GPU")):
        details = tensorflow.config.experimental.get_device_details(gpu)
        capable = tuple(details.get("compute_capability") or (0, 0)) >= (7, 0)
        gpus.append({"id": f"gpu:{number}", "name": details.get("device_name", "GPU"), "half_precision": capable})
    return gpus
