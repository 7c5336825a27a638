"""pytest, with room for all its frames: `python -m tests.roomy` takes what pytest takes."""

import sys

import pytest

from carebridge.lib.frame_room import with_room

if __name__ == "__main__":
    sys.exit(with_room(pytest.main)(sys.argv[1:]))
