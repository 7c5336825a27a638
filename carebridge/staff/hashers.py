"""Passwords are hashed one after another, and readers' pages come first."""

import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from django.contrib.auth.hashers import PBKDF2PasswordHasher

# How far behind a reader's page the hashing stands when both want the processor: 19 is last.
NICE = 15


def _step_back() -> None:
    """Let this thread alone give way; where threads have no priority of their own, nothing."""
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


@cache
def _executor() -> ThreadPoolExecutor:
    """Make the one thread of this process that hashes, once a worker needs it."""
    return ThreadPoolExecutor(1, "hashing", initializer=_step_back)


class PatientHasher(PBKDF2PasswordHasher):
    """Django's own hash, computed in a thread of low priority, one at a time in each process."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        made = _executor().submit(super().encode, password, salt, iterations)
        return made.result()
