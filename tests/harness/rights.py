"""Running a command as somebody for whom a file's rights count, even where root tests."""

import os
import shutil

import pytest

_CAPS = "-dac_override,-dac_read_search"


def humble() -> tuple[str, ...]:
    """Words to put before a command: root must give up that rights are nothing to it."""
    if os.geteuid():
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root may write everywhere, and there is no setpriv")
    return ("setpriv", f"--bounding-set={_CAPS}", f"--inh-caps={_CAPS}")
