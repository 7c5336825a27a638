"""Whoever sets up the checkout does so alone; the second waits, says so, and then goes on."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "deploy/one_at_a_time.py"
# Fails if another is inside at the same moment.
INSIDE = """
import os, sys, time
os.mkdir("inside")
time.sleep(float(sys.argv[1]))
os.rmdir("inside")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    shutil.copy(SCRIPT, tmp_path / "deploy")
    return tmp_path


def start(checkout: Path, *command: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "deploy/one_at_a_time.py", *command],
        cwd=checkout,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, path
        time.sleep(0.01)


def test_the_second_waits_for_the_first_and_says_so(checkout):
    first = start(checkout, sys.executable, "-c", INSIDE, "1")
    wait_for(checkout / "inside")
    second = start(checkout, sys.executable, "-c", INSIDE, "0")
    told = [one.communicate(timeout=30)[0] for one in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), told
    assert told[0] == ""
    assert told[1] == "Another make is setting up this checkout; waiting for it ...\n"


def test_the_lock_goes_with_a_process_that_is_killed(checkout):
    first = start(checkout, sys.executable, "-c", INSIDE, "60")
    wait_for(checkout / "inside")
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate(timeout=30)
    (checkout / "inside").rmdir()
    second = start(checkout, sys.executable, "-c", INSIDE, "0")
    assert second.communicate(timeout=30)[0] == ""
    assert second.returncode == 0


def test_one_inside_another_does_not_wait_for_itself(checkout):
    nested = start(
        checkout, sys.executable, "deploy/one_at_a_time.py", sys.executable, "-c", INSIDE, "0"
    )
    assert nested.communicate(timeout=30)[0] == ""
    assert nested.returncode == 0


def test_a_failure_stays_a_failure_and_var_is_its_owner_s(checkout):
    failing = start(checkout, sys.executable, "-c", "raise SystemExit(3)")
    failing.communicate(timeout=30)
    assert failing.returncode == 3
    assert (checkout / "var").stat().st_mode & 0o777 == 0o700
