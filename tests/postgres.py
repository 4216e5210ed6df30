"""A PostgreSQL server for tests: Debian's package, in a folder of its own, on a unix socket, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

PASSWORD = "s3cr3t-kanin/ö'x"


def binaries():
    """The folder with the newest server's programs, None where there is none."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


def reason_to_skip():
    """Why no server can be started here; empty where one can."""
    if binaries() is None:
        return "there is no PostgreSQL server here (Debian: apt-get install postgresql)"
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return "PostgreSQL does not run as root, and there is no setpriv to become another user"
    return ""


@contextmanager
def server():
    """Start a server and yield the folder of its socket; its superuser is postgres, by trust, there only."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    as_root = os.geteuid() == 0
    become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if as_root else []
    if as_root:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"

    def run(*command):
        done = subprocess.run(
            [*become, *map(str, command)], capture_output=True, text=True, check=False, cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")

    try:
        run(binaries() / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        access = "local all postgres trust\nlocal all all scram-sha-256\n"
        (data / "pg_hba.conf").write_text(access)
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run(binaries() / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "log", "-o", options, "start")
        yield folder
    finally:
        with suppress(RuntimeError):
            run(binaries() / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)
