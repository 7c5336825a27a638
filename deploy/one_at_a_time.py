"""Run a command while nobody else sets up this checkout: `one_at_a_time.py COMMAND...`.

Two first `make run`s at once would install into one folder and migrate one database. The second
waits here and says so; the lock goes with the process, however that ends. Standard library only:
it runs before anything is installed.
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A `make` called by the one that holds the lock must not wait for it.
HELD = "CAREBRIDGE_SETTING_UP"


def main(command: list[str], folder: Path) -> int:
    """What the command ends with."""
    if os.environ.get(HELD) == str(folder):
        return subprocess.call(command)
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another make is setting up this checkout; waiting for it ...", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.call(command, env=os.environ | {HELD: str(folder)})


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], ROOT / "var"))
    except KeyboardInterrupt:
        sys.exit(130)
