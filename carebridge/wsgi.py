"""The application object that gunicorn serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from carebridge.lib.desks import at_desks
from carebridge.lib.frame_room import with_room

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carebridge.settings")

application = at_desks(with_room(get_wsgi_application()))

# Its filters need the models, so it is imported once Django is set up.
from carebridge.templating.environment import compile_templates  # noqa: E402

compile_templates()

# What is there by now stays for good: the collector need not walk it again, 0.1 s each time.
gc.collect()
gc.freeze()
# A page makes some thousand objects, nearly all of which go by themselves when it is done.
gc.set_threshold(10_000)
