"""How often a seat's git speaks to its server."""

import time


class Connections:
    """How often a seat's git has spoken to the server."""

    def __init__(self, seat):
        self.file = seat.folder.parent / f"{seat.folder.name}.connections"
        for service in ("receive-pack", "upload-pack"):
            script = self.file.with_suffix(f".{service}")
            line = f'echo {service} >> "{self.file}"'
            script.write_text(f'#!/bin/sh\n{line}\nexec git-{service} "$@"\n')
            script.chmod(0o755)
            name = service.replace("-", "")
            seat.git("config", f"remote.origin.{name}", str(script))

    def __len__(self):
        return len(self.file.read_text().split()) if self.file.exists() else 0

    def settled(self):
        """The number, once it has not grown for a while."""
        known = -1
        while known != len(self):
            known = len(self)
            time.sleep(0.5)
        return known
