"""What the server calls: no depth of calls may make a page slower than another."""

import gc
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import carebridge.wsgi  # noqa: F401  freezes what is loaded
from carebridge.lib.frame_room import with_room

# Two pieces of memory for frames are full within so many calls.
DEPTHS = range(300)
CALLS = 200


class Asked:
    """Something that is asked as templates ask: by way of C, which calls back."""

    @property
    def leaf(self) -> int:
        return (lambda first, second: first)(1, 2)


def faults_at(depth: int) -> int:
    """Pages of memory that are given anew to calls from so deep down."""
    if depth:
        return faults_at(depth - 1)
    asked, before = Asked(), resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(CALLS):
        asked.leaf  # noqa: B018
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def worst() -> int:
    return max(map(faults_at, DEPTHS))


def apart(function: Callable[[], int]) -> int:
    """Its answer in a thread, whose frames begin anew: the tests may have been given room."""
    with ThreadPoolExecutor() as threads:
        return threads.submit(function).result()


def test_no_call_maps_memory_over_and_over():
    assert apart(with_room(worst)) < CALLS / 2


def test_without_room_some_would():
    if apart(worst) < CALLS / 2:
        pytest.skip("this Python keeps a spare piece of memory: no room needs to be made")


def test_what_is_loaded_at_the_start_is_not_walked_again():
    assert gc.get_freeze_count() > 100_000
