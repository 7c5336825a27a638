#!/usr/bin/env python
"""Django's command line for CareBridge."""

import os
import sys

# What these write is for others to read: the proxy hands out snapshots, and source files are code.
FOR_OTHERS = {"snapshot", "makemigrations"}


def main() -> None:
    # Database, backups and logs hold what people wrote: new files are their owner's alone.
    if not FOR_OTHERS & set(sys.argv[1:2]):
        os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carebridge.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
