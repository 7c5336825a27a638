"""Django's migrate: a backup first where there is data, and a file for its owner alone."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils.timezone import localtime

from carebridge.lib.backups import backup as backups
from carebridge.lib.backups.dumps import DumpError

# With a row in one of these somebody has begun to use the site.
KEPT = ("institutions_institution", "auth_user")
# Options that change no table, and the one by which a test database is made.
NO_CHANGE = ("check_unapplied", "plan", "fake", "run_syncdb", "prune")


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        wanted = options["database"] == DEFAULT_DB_ALIAS and not any(map(options.get, NO_CHANGE))
        if wanted and holds_data(connection) and (options["app_label"] or is_due(connection)):
            self._back_up()
        super().handle(*args, **options)
        keep_private(connection)

    def _back_up(self) -> None:
        at = localtime()
        folder = settings.VAR_DIR / "backups" / f"{at:%Y-%m-%d-%H%M%S}-before-migrate"
        try:
            backups.make_backup(folder, at)
        except (backups.BackupError, DumpError, OSError) as error:
            raise CommandError(
                f"升级数据库以前要先备份，备份没有成功，没有升级：{error}"
            ) from error
        self.stdout.write(f"升级数据库以前先备份到 {folder}（用 manage.py restore 恢复）。")


def keep_private(connection: BaseDatabaseWrapper) -> None:
    """Leave a database file to its owner alone; SQLite gives its journals the same mode."""
    file = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor == "sqlite" and file.is_file():
        file.chmod(0o600)


def holds_data(connection: BaseDatabaseWrapper) -> bool:
    """Return whether anything would be lost with this database."""
    there = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name in KEPT:
            if name in there:
                cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(name)} LIMIT 1")  # noqa: S608 our own name
                if cursor.fetchone():
                    return True
    return False


def is_due(connection: BaseDatabaseWrapper) -> bool:
    """Return whether a migration has not been applied yet."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
