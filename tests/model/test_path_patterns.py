"""Patterns of paths mean what git's `:(glob)` means, brackets aside."""

import pytest
from harness import Repo

from fleetfeed.feed.code_paths import UNUSUAL, CodePaths
from fleetfeed.model.path_patterns import pathspec, pattern_flaw, whole_folder

PATHS = (
    "a", "a.ts", "web", "web/a.ts", "web/b/a.ts", "web/b/c/a.ts", "WEB/A.ts", "lib/web/a.ts",
    "app/[id]/page.tsx", "app/i/page.tsx", "x/web", "b/a.sql", "a.sql", "c/d/e.sql", "web-b/a.ts",
    "dot/.hidden", "dot/.x/y", "new\nline/a.ts", "gen/a.pb.go", "gen/b/a.pb.go",
)  # fmt: skip
UNUSUAL_PATHS = ("web/\u00fcber.ts", "\u017fql/a", "tab\tbed", "W\u00c9B/a.ts")
PATTERNS = (
    "web/**", "web/*", "web/*.ts", "web/**/a.ts", "**/a.ts", "**/*.sql", "/*.sql", "app/[id]/*",
    "app/*/page.tsx", "**/web/**", "a", "web/b/a.ts", "w?b/*", "dot/*", "dot/**", "**", "**/*",
    "web/**/**/a.ts", "*e*b*/*.*s", "**/w*b/**/a.ts", "gen/*.pb.go", "gen/**/*.pb.go", "*/b/*", "sql/**", "new*/**",
)  # fmt: skip


@pytest.fixture(scope="module")
def repo(tmp_path_factory) -> Repo:
    found = Repo.init(tmp_path_factory.mktemp("paths") / "repo")
    blob = found.git("hash-object", "-w", "--stdin", stdin="x").stdout.strip()
    rows = "".join(
        f"100644 {blob}\t{p}\0" for p in (*PATHS, *UNUSUAL_PATHS) if _alone(p)
    )
    found.git("update-index", "--add", "-z", "--index-info", stdin=rows)
    return found


def _alone(path: str) -> bool:
    """Whether no other path lies below it: an index has no such two."""
    return not any(other.startswith(f"{path}/") for other in PATHS)


def listed(repo: Repo, *specs: str) -> set[str]:
    return set(repo.git("ls-files", "-z", "--", *specs).stdout.split("\0")) - {""}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_fits_what_git_lists(repo, pattern):
    assert not pattern_flaw(pattern)
    known = CodePaths(((pattern, "CAMBER:file"),))
    there = listed(repo)
    fits = {path for path in there if known.key(path)}
    # Whatever may be another path's name on some file system is asked about here.
    plain = fits - listed(repo, UNUSUAL)
    specs = [pathspec(each) for each in (pattern, whole_folder(pattern)) if each]
    assert plain == listed(repo, *specs) - listed(repo, UNUSUAL)
    assert fits <= listed(repo, *known.pathspecs)


@pytest.mark.parametrize(
    ("pattern", "ends"),
    [("*a" * 30 + "b", ""), ("*/" * 9 + "*a" * 30 + "b", ""), ("**/a/" * 20 + "b", "b"), ("**/a*/" * 20 + "**", "ab")],
)  # fmt: skip
def test_many_signs_are_not_tried_at_all_places(tmp_path, pattern, ends):
    """Each of these took for ever, here or in git: with a pattern a path for each."""
    repo = Repo.init(tmp_path / "deep")
    blob = repo.git("hash-object", "-w", "--stdin", stdin="x").stdout.strip()
    near, path = f"web/{'a' * 250}", f"web/{'a/' * 900}"
    rows = "".join(
        f"100644 {blob}\t{each}\0" for each in (near, f"{path}a", f"{path}b")
    )
    repo.git("update-index", "--add", "-z", "--index-info", stdin=rows)
    known = CodePaths(((f"web/{pattern}", "CAMBER:file"),))
    fits = {each for each in listed(repo) if known.key(each)}
    assert fits == {f"{path}{end}" for end in ends}
    assert fits <= listed(repo, *known.pathspecs)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("web/a.ts", "camber:file:web:a.ts"),
        ("WEB/A.TS", "camber:file:web:a.ts"),
        ("web/gen/a.ts", None),
        ("web/a b", "camber:file:web:a b"),
        ("web/100%", "camber:file:web:100%25"),
        ("w\u200ceb/a.ts", "camber:file:w%e2%80%8ceb:a.ts"),
        ("web/\u00dcber", "camber:file:web:\u00fcber"),
        ("web/U\u0308ber", "camber:file:web:\u00fcber"),
        ("\u017fql/x", "camber:data:db:sql:x"),
        ("web/\udcff", "camber:file:web:%ff"),
        ("sql/all", "camber:data:db:sql:all"),
        ("docs/a.md", None),
        ("web", "camber:file:web"),
        ("WEB", "camber:file:web"),
        ("sql", "camber:data:db:sql"),
        ("web/gen", "camber:file:web:gen"),
        ("web2", None),
    ],
)  # fmt: skip
def test_the_key_of_a_path(path, key):
    rules = (
        ("web/gen/**", ""),
        ("web/**", "CAMBER:file"),
        ("sql/**", "CAMBER:data:db"),
    )
    found = CodePaths(rules).key(path)
    assert (str(found) if found else None) == key


@pytest.mark.parametrize(
    ("pattern", "folder"),
    [
        ("web/**", "web"),
        ("/web/**/**", "web"),
        ("lib/*/web/**", "lib/*/web"),
        ("**/web/**", "**/web"),
        ("lib/*/**", ""),
        ("web/*", ""),
        ("web", ""),
        ("**", ""),
        ("**/**", ""),
    ],
)
def test_the_folder_that_a_pattern_fits_whole(pattern, folder):
    assert whole_folder(pattern) == folder


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("web/", "write web/** for all"),
        ("*.ts", "write **/*.ts for any, or /*.ts for the top"),
        ("a**b/c", "it stands alone"),
        ("a\\b", "backslash"),
        ("", "no path from the top"),
        ("/", "no path from the top"),
        ("a//b", "no path from the top"),
        ("../a", "no path from the top"),
        ("a/./b", "no path from the top"),
        ("a\tb", "cannot be seen"),
    ],
)
def test_a_pattern_that_is_none(pattern, words):
    assert words in pattern_flaw(pattern)
