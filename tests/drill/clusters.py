"""Two PostgreSQL servers on this machine: a primary and a replica that every commit waits for."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from tests.run import unprivileged

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
NAME = "carebridge"


@dataclass
class Server:
    """One cluster with its folder and port; it writes to the disk as in production."""

    programs: Path
    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"postgres://postgres@{self.address}/{NAME}"

    def create(self) -> None:
        self._run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", str(self.folder))

    def start(self, *, waits: bool = False) -> None:
        """`waits`: a commit returns when the replica has it too."""
        options = [f"port={self.port}", "listen_addresses=127.0.0.1", "max_connections=60"]
        options += [f"unix_socket_directories={self.folder}", "wal_keep_size=2GB"]
        options += ["synchronous_standby_names=*"] if waits else []
        flags = " ".join(f"-c {option}" for option in options)
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "-w", "-s", "-D", str(self.folder), "-l", log, "-o", flags)

    def copy(self, primary: "Server") -> None:
        """Become a replica of `primary`, from nothing."""
        shutil.rmtree(self.folder, ignore_errors=True)
        where = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres"]
        self._run(
            "pg_basebackup", *where, "-D", str(self.folder), "-R", "-X", "stream", "-c", "fast"
        )

    def promote(self) -> None:
        self._run("pg_ctl", "promote", "-w", "-s", "-D", str(self.folder))

    def kill(self) -> None:
        """As if the machine had lost its power: no process of it lives to say goodbye."""
        first = (self.folder / "postmaster.pid").read_text().split()[0]
        children = subprocess.run(["pgrep", "-P", first], capture_output=True, text=True)
        subprocess.run(["kill", "-9", first, *children.stdout.split()], check=False)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        if (self.folder / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-s", "-m", "immediate", "-D", str(self.folder))

    def ask(self, sql: str) -> list[tuple]:
        with psycopg2.connect(self.url) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def create_database(self) -> None:
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        self._run("createdb", *where, NAME)

    def _run(self, program: str, *arguments: str) -> None:
        who = unprivileged()
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if who:
            os.chown(self.folder.parent, who["user"], who["group"])  # type: ignore[arg-type]
        subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.folder.parent,
            check=True,
            **QUIET,
            **who,  # type: ignore[call-overload]
        )
