"""Debian's Chromium, driven by playwright; who asks is skipped where it is not."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from harness.npm import npm_installed

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium() -> Iterator[object]:
    """A browser; skips where there is none to be driven."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip(f"no Chromium is on PATH (as one of {', '.join(_NAMES)})")
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not here")
    with driver.sync_playwright() as play:
        try:
            browser = play.chromium.launch(
                executable_path=program, args=["--no-sandbox"]
            )
        except driver.Error as error:
            pytest.skip(f"{program} does not start: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


def with_large_text(browser, folder, size=32, **how):
    """A context in which the reader's own size of letters is `size` pixels, and not 16.

    The setting is one of the browser, kept in `folder`.
    """
    (folder / "Default").mkdir(parents=True)
    kept = {"webkit": {"webprefs": {"default_font_size": size}}}
    (folder / "Default/Preferences").write_text(json.dumps(kept))
    program = next(filter(None, map(shutil.which, _NAMES)))
    return browser.browser_type.launch_persistent_context(
        folder, executable_path=program, args=["--no-sandbox"], **how
    )


class Watched:
    """A tab and all that it did beside showing a page."""

    def __init__(self, browser, context=None, **how):
        self.context = context or browser.new_context(**how)
        self.tab = self.context.new_page()
        self.requests, self.said, self.dialogs = [], [], []
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("console", lambda line: self.said.append(line.text))
        self.tab.on("pageerror", lambda error: self.said.append(str(error)))
        self.tab.on("dialog", self._dialog)

    def _dialog(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def open(self, file, address=""):
        """Show the page in `file`."""
        self.tab.goto(f"file://{file}{address}")
        return self.tab

    def only_asked_for(self, file):
        """Assert that nothing was requested but the page, and nothing was said."""
        assert {url.partition("#")[0] for url in self.requests} == {f"file://{file}"}
        assert (self.said, self.dialogs) == ([], [])


def without_faults(tab, tmp_path_factory):
    """Assert that axe-core finds nothing wrong; skips where it cannot be had."""
    modules = npm_installed(
        tmp_path_factory.getbasetemp().parent / "npm-axe", "axe-core@4.10.3"
    )
    tab.evaluate((modules / "axe-core/axe.min.js").read_text())
    found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
    wrong = [
        (
            each["id"],
            each["impact"],
            node["html"][:200],
            node["failureSummary"][:300],
        )
        for each in found["violations"]
        for node in each["nodes"][:2]
    ]
    assert not wrong, wrong
