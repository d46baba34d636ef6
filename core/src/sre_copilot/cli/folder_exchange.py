"""Two folders change places in one step, where the system can do that."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_AT_CWD = -100
"""Linux: paths count from the working folder."""
_EXCHANGE = 2
"""``RENAME_EXCHANGE`` of Linux's renameat2(2), and ``RENAME_SWAP`` of macOS' renamex_np(2): both are 2."""
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EXDEV)
"""What systems and file systems answer that do not know how."""


def exchange(one: Path, other: Path) -> bool:
    """Let two existing folders change places: whoever looks sees both as before, or both as after.

    :return: whether this system and file system can; nothing has happened if not.
    :raises OSError: if it may not be done.
    """
    failed = _call(os.fsencode(one), os.fsencode(other))
    if failed in _CANNOT:
        return False
    if failed:
        raise OSError(failed, os.strerror(failed), str(other))
    return True


def _call(one: bytes, other: bytes) -> int:
    """0, or the number of the error."""
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        answer = library.renamex_np(one, other, ctypes.c_uint(_EXCHANGE))
    elif hasattr(library, "renameat2"):
        answer = library.renameat2(_AT_CWD, one, _AT_CWD, other, ctypes.c_uint(_EXCHANGE))
    else:
        return errno.ENOSYS
    return ctypes.get_errno() if answer else 0
