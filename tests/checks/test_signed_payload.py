"""Which bytes of a commit are signed: as git takes them when it verifies.

git hands the payload to the program that verifies; here that is one which keeps it.
"""

import random

import pytest
from harness import Repo

from fleetfeed.model.signed import signed_commit

KEEPS = """\
#!/bin/sh
case "$2" in
find-principals) echo somebody ;;
verify)
    while [ "$1" != -s ]; do shift; done
    cat "$2" > "$KEPT.signature"
    cat > "$KEPT.payload" ;;
esac
"""
BLOCK = b"-----BEGIN SSH SIGNATURE-----\n %b\n -----END SSH SIGNATURE-----\n"


@pytest.fixture
def asked(tmp_path):
    """From a commit's bytes to the payload and signature that git would have verified."""

    def ask(repo, data):
        (tmp_path / "raw").write_bytes(data)
        id_ = repo.line(
            "hash-object", "--literally", "-w", "-t", "commit", str(tmp_path / "raw")
        )
        for file in tmp_path.glob("kept.*"):
            file.unlink()
        settings = (
            f"gpg.ssh.program={program}",
            f"gpg.ssh.allowedSignersFile={program}",
        )
        options = [word for one in settings for word in ("-c", one)]
        repo.git(
            *options,
            "verify-commit",
            id_,
            ok=None,
            env={"KEPT": str(tmp_path / "kept")},
        )
        kept = [tmp_path / "kept.payload", tmp_path / "kept.signature"]
        return [file.read_bytes() for file in kept] if kept[0].exists() else None

    program = tmp_path / "keeps"
    program.write_text(KEEPS)
    program.chmod(0o755)
    return ask


def commit(repo, rng, digits):
    """A commit's bytes: headers as git writes them, and others, in any order after."""
    tree = (
        repo.line("mktree").encode()
        if False
        else b"%b" % repo.line("write-tree").encode()
    )
    extra = [
        b"gpgsig " + BLOCK % b"AAAA",
        b"gpgsig-sha256 " + BLOCK % b"BBBB",
        b"encoding latin1\n",
        b"mergetag object " + b"1" * digits + b"\n type commit\n gpgsig no\n \n text\n",
        b"HG:extra a:b\n",
        b"gpgsi no\n",
    ]
    chosen = rng.sample(extra, rng.randint(1, len(extra)))
    message = rng.choice(
        [b"a\n", b"", b"gpgsig x\n\ny", b"\n\n", b" gpgsig\n", "é".encode("latin1")]
    )
    head = b"tree %b\nauthor A <a@b> 7 +0000\ncommitter A <a@b> 7 +0000\n" % tree
    return head + b"".join(chosen) + b"\n" + message


@pytest.mark.parametrize("hash_", ["sha1", "sha256"])
def test_what_is_signed_is_what_git_takes_for_it(tmp_path, asked, hash_, stress):
    repo = Repo.init(tmp_path / "r", f"--object-format={hash_}")
    digits, rng = (40 if hash_ == "sha1" else 64), random.Random(14)  # noqa: S311
    seen = 0
    for _ in range(200 if stress else 12):
        data = commit(repo, rng, digits)
        found, git = signed_commit(data, digits), asked(repo, data)
        if git is None:
            assert found.flaw
            assert found.flaw.code == "FF602"
            continue
        seen += 1
        assert not found.flaw
        assert [found.payload, found.signature.rstrip(b"\n")] == [
            git[0],
            git[1].rstrip(b"\n"),
        ]
    assert seen
