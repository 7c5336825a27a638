"""Room for the frames of Python functions, in one piece of memory. Standard library only."""

from collections.abc import Callable
from typing import Any, TypeVar

# Slots of eight bytes, more than all frames of a deep page need together.
ROOM = 40_000
Function = TypeVar("Function", bound=Callable[..., Any])


def with_room(function: Function) -> Function:
    """Return the function, with room for all frames of what it calls.

    CPython keeps frames in pieces of 16 KB and takes a new one whenever they are full: a loop that
    happens to call across the end of a piece maps and unmaps memory with every call. Templates nest
    deep enough to meet such an end, and a page then takes twice as long. A frame too large for a
    piece is given a larger one, and what it calls finds room behind it.
    """

    def call(*arguments: Any) -> Any:
        return function(*arguments)

    call.__code__ = call.__code__.replace(co_stacksize=ROOM)
    return call  # type: ignore[return-value]  # it takes and gives what the function does
