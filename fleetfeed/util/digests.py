"""git's digests, by Python's own code where it has it.

`hashlib` loads OpenSSL for them, which takes 3 ms; of the few small texts that are
digested here either makes microseconds.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import sha1 as sha1  # noqa: PLC0414 - others have it from here
    from hashlib import sha256 as sha256  # noqa: PLC0414
else:
    try:
        from _sha1 import sha1 as sha1  # noqa: PLC0414
    except ImportError:  # a Python that was built to have OpenSSL's alone
        from hashlib import sha1 as sha1  # noqa: PLC0414
    try:
        from _sha256 import sha256 as sha256  # noqa: PLC0414 - 3.11
    except ImportError:
        try:
            from _sha2 import sha256 as sha256  # noqa: PLC0414
        except ImportError:
            from hashlib import sha256 as sha256  # noqa: PLC0414
