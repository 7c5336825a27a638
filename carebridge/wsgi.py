"""The application object that gunicorn serves."""

import gc
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carebridge.settings")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# Slots of eight bytes, more than all frames of a deep page need together.
ROOM = 40_000


def with_room(application: Application) -> Application:
    """The application, with room for all its frames in one piece of memory.

    CPython keeps frames in pieces of 16 KB and takes a new one whenever they are full: a loop that
    happens to call across the end of a piece maps and unmaps memory with every call. Templates nest
    deep enough to meet such an end, and a page then takes twice as long. A frame too large for a
    piece is given a larger one, and what it calls finds room behind it.
    """

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return application(environ, start_response)

    call.__code__ = call.__code__.replace(co_stacksize=ROOM)
    return call


application = with_room(get_wsgi_application())

# What is there by now stays for good: the collector need not walk it again, 0.1 s each time.
gc.collect()
gc.freeze()
# A page makes some thousand objects, nearly all of which go by themselves when it is done.
gc.set_threshold(10_000)
