"""However a program with running jobs ends, nothing of it stays: scripts are run and ended from here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_child_traps import gone, read_when_there

HERE = Path(__file__).parent

PROGRAM = """
import faulthandler; faulthandler.dump_traceback_later(40, exit=True)
import pathlib, signal, sys, time
sys.path.insert(0, {here!r})
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores Ctrl+C
from astrolens_gui.jobs.process import WarmChild, run_in_child
from astrolens_gui.jobs.runner import Runner

def train(ctx):
    return run_in_child("job_toys:{toy}", {{"path": {note!r}}}, ctx)

def serve():
    warm = WarmChild("warm")
    pathlib.Path({note!r} + ".warm").write_text(str(warm.call("job_toys:double", {{}}, {{}})[0]["pid"]))
    keep.append(warm)

def save(number):
    time.sleep(0.01)
    with open({note!r} + ".saved", "a") as file:
        print(number, file=file)

keep = []
runner = Runner()
job = runner.submit("train", train)
runner.submit("infer", serve).result(20)
queued = runner.submit("train", train)
for number in range(20):
    runner.submit("db", save, number, quiet=True)
while not pathlib.Path({note!r}).exists():
    time.sleep(0.01)
print("running", flush=True)
{ending}
"""


def program(tmp_path: Path, ending: str, toy: str = "deaf") -> subprocess.Popen[str]:
    """Not guarded by `if __name__ == "__main__"`: a child must not start it over."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM.format(here=str(HERE), note=str(tmp_path / "pid"), toy=toy, ending=ending))
    return subprocess.Popen(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": str(HERE.parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def children(tmp_path: Path) -> list[int]:
    return [int(read_when_there(tmp_path / name)) for name in ("pid", "pid.warm")]


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("pass", 0),
        ("raise OSError('the disk is full')", 1),
        ("sys.exit(4)", 4),
        ("runner.close()", 0),
        ("import os; os._exit(5)", 5),
    ],
)
def test_that_a_program_that_ends_takes_its_jobs_and_children_along(tmp_path, ending, code):
    process = program(tmp_path, ending)
    assert process.stdout.readline() == "running\n"
    began = time.monotonic()
    pids = children(tmp_path)
    _, errors = process.communicate(timeout=20)
    assert time.monotonic() - began < 4
    assert process.returncode == code, errors
    assert all(gone(pid) for pid in pids)
    assert ("disk is full" in errors) == (code == 1)
    assert "Traceback" not in errors or code == 1
    if "_exit" not in ending:
        assert (tmp_path / "pid.saved").read_text().split() == [str(number) for number in range(20)]


@pytest.mark.parametrize("toy", ["deaf", "holds_the_gil"])
def test_that_the_children_of_a_killed_program_are_gone_within_three_seconds(tmp_path, toy):
    process = program(tmp_path, "time.sleep(60)", toy)
    assert process.stdout.readline() == "running\n"
    pids = children(tmp_path)
    assert not any(gone(pid, 0.1) for pid in pids)
    process.kill()
    process.wait()
    end = time.monotonic() + 3
    assert all(gone(pid, end - time.monotonic()) for pid in pids)


def test_that_ctrl_c_reaches_who_waits_for_a_result_and_not_the_child(tmp_path):
    ending = """
try:
    job.result()
except KeyboardInterrupt:
    print("state", job.state, flush=True)
    import os
    os.kill(int(pathlib.Path({note!r}).read_text()), 0)
    job.cancel()
    runner.close()
    print("state", job.state, queued.state, flush=True)
    sys.exit(130)
""".replace("{note!r}", repr(str(tmp_path / "pid")))
    process = program(tmp_path, ending)
    assert process.stdout.readline() == "running\n"
    pids = children(tmp_path)
    time.sleep(0.3)  # from the line that it prints to the wait
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 130, errors
    assert output == "state running\nstate cancelled cancelled\n"
    assert errors == ""
    assert all(gone(pid) for pid in pids)


def test_that_children_work_from_python_dash_c():
    code = (
        f"import sys; sys.path.insert(0, {str(HERE)!r}); from astrolens_gui.jobs.process import run_in_child; "
        "print(run_in_child('job_toys:add', {'a': 20, 'b': 22}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HERE.parents[1], timeout=60)
    assert (done.stdout, done.stderr) == ("42\n", "")


def test_that_the_folders_of_a_killed_programs_jobs_are_swept_by_the_next_one(tmp_path):
    code = (
        "import os, tempfile, pathlib; from astrolens_gui.jobs.workdir import Workdir\n"
        "with Workdir() as folder: print(len(list(pathlib.Path(tempfile.gettempdir()).iterdir())), flush=True); {end}"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    counts = [
        subprocess.run([sys.executable, "-c", code.format(end=end)], env=environment, capture_output=True, text=True,
                       cwd=HERE.parents[1], timeout=60).stdout
        for end in ("os.kill(os.getpid(), 9)", "os.kill(os.getpid(), 9)", "pass")
    ]  # fmt: skip
    assert counts == ["1\n", "1\n", "1\n"]
    assert list(tmp_path.iterdir()) == []


def test_that_the_jobs_package_imports_nothing_heavy():
    code = (
        "import sys, astrolens_gui.jobs.runner, astrolens_gui.jobs.process, astrolens_gui.jobs.device\n"
        "print({'tensorflow', 'keras', 'PyQt5', 'astropy', 'sqlalchemy', 'scipy', 'sklearn', 'psutil', "
        "'astrolens_gui.core', 'astrolens_gui.ui'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HERE.parents[1], timeout=60)
    assert done.stdout == "set()\n", done.stderr
