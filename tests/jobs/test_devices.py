"""Devices, by their environment and, in children, by TensorFlow itself on logical CPU devices."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from astrolens_gui.api import Context
from astrolens_gui.jobs import device
from astrolens_gui.jobs.device import DeviceError, concrete, cpu, environment, inside
from astrolens_gui.jobs.process import run_in_child


def test_that_cpu_hides_every_gpu_and_auto_hides_none():
    assert environment("cpu")["CUDA_VISIBLE_DEVICES"] == "-1"
    assert "CUDA_VISIBLE_DEVICES" not in environment("auto")
    assert environment("auto")["KERAS_BACKEND"] == "tensorflow"


def test_that_a_gpu_is_chosen_among_those_that_are_visible():
    assert environment("gpu:1", base={})["CUDA_VISIBLE_DEVICES"] == "1"
    assert environment("gpu", base={})["CUDA_VISIBLE_DEVICES"] == "0"
    assert environment("gpu:1", base={"CUDA_VISIBLE_DEVICES": "3, GPU-8f2a"})["CUDA_VISIBLE_DEVICES"] == "GPU-8f2a"
    with pytest.raises(DeviceError, match=r"there is no device gpu:2: CUDA_VISIBLE_DEVICES='3,5' shows 2 GPUs"):
        environment("gpu:2", base={"CUDA_VISIBLE_DEVICES": "3,5"})
    with pytest.raises(DeviceError, match="shows 0 GPUs"):
        environment("gpu:0", base={"CUDA_VISIBLE_DEVICES": "-1"})


@pytest.mark.parametrize("name", ["tpu", "gpu:x", "gpu:-1", "0"])
def test_that_a_device_nobody_has_is_refused_in_one_sentence(name):
    with pytest.raises(DeviceError, match=r"there is no device .*; say auto, cpu, or gpu:0"):
        environment(name, base={})


def test_that_a_childs_only_gpu_is_its_first(tmp_path):
    assert [inside(name) for name in ("gpu:3", "GPU:1", "cpu")] == ["gpu:0", "gpu:0", "cpu"]
    ctx = replace(Context(), device="gpu:1", workdir=tmp_path)
    assert run_in_child("job_toys:where", {}, ctx, env={})[0] == "gpu:0"


def test_that_auto_is_the_first_card_that_is_there_and_visible_or_the_processor(monkeypatch, tmp_path):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(device, "NVIDIA", tmp_path / "gpus")
    assert concrete("auto") == "cpu"
    (tmp_path / "gpus" / "0000:01:00.0").mkdir(parents=True)
    assert concrete("auto") == "gpu:0"
    assert concrete("gpu:1") == "gpu:1"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert concrete("auto") == "cpu"


def test_that_memory_growth_and_threads_are_as_asked():
    assert environment(memory_growth=False)["TF_FORCE_GPU_ALLOW_GROWTH"] == "false"
    assert environment(threads=3)["OMP_NUM_THREADS"] == "3"
    assert environment(threads=0)["TF_NUM_INTRAOP_THREADS"] == "1"
    assert "OMP_NUM_THREADS" not in environment()


def test_that_the_processor_is_always_there_with_its_name():
    assert cpu().id == "cpu"
    assert "cores)" in cpu().name


@pytest.mark.slow
def test_that_tensorflow_is_asked_in_a_child_and_never_imported_here():
    code = (
        "import sys; from astrolens_gui.jobs.device import cpu, devices; found = devices(); "
        "assert found[0] == cpu(), found; assert all(each.id.startswith('gpu:') for each in found[1:]), found; "
        "assert 'tensorflow' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_that_a_machine_without_tensorflow_says_so_and_still_has_a_processor(monkeypatch, tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('libcudart.so.12: cannot open shared object file')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(RuntimeError, match=r"device probe: ImportError: libcudart.so.12: cannot open"):
        device.devices()


@pytest.mark.slow
def test_that_tensorflow_in_a_child_sees_the_device_and_memory_growth_it_was_given():
    told = run_in_child("tensorflow_toys:about", {}, env=environment("cpu", threads=2))
    assert told["gpus"] == 0
    assert told["environment"] == {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "KERAS_BACKEND": "tensorflow"}


@pytest.mark.slow
def test_that_work_lands_on_the_logical_device_that_was_chosen_and_gives_the_same_numbers():
    told = run_in_child("tensorflow_toys:on_logical_devices", {"count": 3}, env=environment("cpu"))
    assert told["placed"] == [f"/job:localhost/replica:0/task:0/device:CPU:{number}" for number in range(3)]
    assert told["difference"] == 0.0


@pytest.mark.slow
def test_that_tensorflow_runs_under_a_memory_limit_and_is_stopped_above_it():
    told = run_in_child("tensorflow_toys:about", {}, env=environment("cpu"), memory_limit_bytes=2_000_000_000)
    assert told["gpus"] == 0
    with pytest.raises(MemoryError, match=r"about used more than 0\.08 GB of memory"):
        run_in_child("tensorflow_toys:about", {}, env=environment("cpu"), memory_limit_bytes=80_000_000)


@pytest.mark.slow
def test_that_half_precision_computes_in_sixteen_bits_and_answers_in_thirty_two():
    told = run_in_child("tensorflow_toys:mixed_precision", {}, env=environment("cpu"))
    assert (told["computes"], told["stores"], told["answers"]) == ("bfloat16", "float32", "float32")
    assert 0 < told["difference"] < 0.05
