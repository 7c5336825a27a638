"""Files moved aside one by one, and all of them moved back when a later step fails."""

import errno
import shutil
from pathlib import Path

REASONS = {
    errno.ENOSPC: "磁盘满了，请腾出地方再试一次。",
    errno.EDQUOT: "磁盘的限额用完了，请腾出地方再试一次。",
    errno.EBUSY: "它是一个挂载点，或者正被别的程序占用，不能换掉。",
    errno.EXDEV: "它和要放的地方不在同一个文件系统上，或者是一个挂载点。",
    errno.EACCES: "没有读写这里的权限，请用运行网站的用户执行。",
    errno.EPERM: "系统不允许这样做，请用运行网站的用户执行。",
    errno.EROFS: "这里只能读，不能写。",
    errno.ENOENT: "文件或文件夹不在。",
    errno.EIO: "磁盘读写出错。",
}


def explain(error: OSError) -> str:
    """Return in plain words which file could not be read or written, and why."""
    reason = REASONS.get(error.errno or 0, f"系统说：{error.strerror or error}。")
    return f"{error.filename}：{reason}" if error.filename else reason


class Moves:
    """Completed moves, in their order."""

    def __init__(self) -> None:
        self._done: list[tuple[Path, Path]] = []

    def move(self, source: Path, target: Path) -> None:
        """Rename; raises `OSError` with everything as it was."""
        source.rename(target)
        self._done.append((source, target))

    def undo(self) -> list[Path]:
        """Move everything back, newest first; return the paths that could not be moved back."""
        left = [
            target for source, target in reversed(self._done) if not _bring_back(target, source)
        ]
        self._done.clear()
        return left


def _bring_back(moved: Path, place: Path) -> bool:
    """Rename, or copy where nothing can be renamed any more."""
    try:
        moved.rename(place)
    except OSError:
        try:
            copy = shutil.copytree if moved.is_dir() else shutil.copy2
            copy(moved, place)
        except (OSError, shutil.Error):
            return False
    return True
