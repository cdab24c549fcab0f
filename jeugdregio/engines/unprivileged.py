"""Who runs PostgreSQL: it refuses to run as root, so root lends it to a user without rights.

That user must reach the program and the data. Where it cannot (a project under /root, a private temporary
folder) both go to a folder of their own under /var/lib; the modes of existing folders are never changed.
"""

import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from jeugdregio.errors import StarterError

_USER = "nobody"
_OTHER_PLACE = Path("/var/lib/jeugdregio")
_ENTER = stat.S_IXOTH


@dataclass(frozen=True)
class Account:
    """The user that a server runs as; `None` as ids when that is the caller itself."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def for_server(cls) -> "Account":
        if os.geteuid() != 0:
            return cls()
        try:
            entry = pwd.getpwnam(_USER)
        except KeyError:
            message = f"PostgreSQL cannot run as root and there is no user {_USER!r}: run as a normal user"
            raise StarterError(message) from None
        return cls(entry.pw_uid, entry.pw_gid)

    @property
    def groups(self) -> list[int] | None:
        return None if self.uid is None else []

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_reach(self, path: Path) -> bool:
        """Tell whether this user, without any right, can enter every folder above `path` and it itself."""
        if self.uid is None:
            return True
        places = [path.resolve(), *path.resolve().parents]
        return all(place.stat().st_mode & _ENTER for place in places if place.exists())

    def program(self, installation: Path) -> Path:
        """Give the installation, or a copy that this user can reach."""
        if self.can_reach(installation / "bin" / "postgres"):
            return installation
        copy = _other_place() / f"{installation.name}-{installation.stat().st_mtime_ns}"
        if not copy.exists():
            partial = Path(tempfile.mkdtemp(dir=copy.parent))
            shutil.copytree(installation, partial, dirs_exist_ok=True)
            _open_up(partial)
            partial.rename(copy)
        return copy

    def home(self, folder: Path) -> Path:
        """Give the place for data: `folder`, or a new one elsewhere that `folder/elsewhere` points to."""
        if self.uid is None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return folder
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o711)
        if self.can_reach(folder):
            return folder
        link = folder / "elsewhere"
        if not link.is_dir():
            link.unlink(missing_ok=True)
            place = Path(tempfile.mkdtemp(prefix="postgres-", dir=_other_place()))
            place.chmod(0o711)
            link.symlink_to(place)
        return link.resolve()


def _other_place() -> Path:
    _OTHER_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
    # What lies here is executed: nobody but root may have put it there.
    state = _OTHER_PLACE.stat()
    if state.st_uid != 0 or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StarterError(f"{_OTHER_PLACE} must belong to root and be writable by root alone: correct that")
    return _OTHER_PLACE


def _open_up(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(stat.S_IMODE(mode) | 0o444 | (0o111 if path.is_dir() or mode & stat.S_IXUSR else 0))
