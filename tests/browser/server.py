"""Serve the site to the browser tests as production does, on the day the fixtures are about.

Started as a process of its own: `python -m tests.browser.server PORT STATIC_ROOT`, with
DATABASE_URL naming an empty database. It migrates, loads the fixtures, collects the static files
into a folder of its own and runs gunicorn.
"""

import datetime
import sys

import django
import time_machine
from django.conf import settings
from django.core.management import call_command
from gunicorn.app.wsgiapp import WSGIApplication


def main(port: str, static_root: str) -> None:
    moment = datetime.datetime(2026, 11, 22, 4, tzinfo=datetime.UTC)
    with time_machine.travel(moment, tick=True):
        django.setup()
        # Not the folder of this checkout: a site may be running from it.
        settings.STATIC_ROOT = static_root
        call_command("migrate", verbosity=0)
        call_command("load_fixtures", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        # No worker is ever killed for being slow: the machine may be busy with the other parts.
        sys.argv = ["gunicorn", "carebridge.wsgi", "--bind", f"127.0.0.1:{port}", "--timeout", "0"]
        WSGIApplication().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
