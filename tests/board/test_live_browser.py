"""The live page in a real Chromium: it follows, and the reader stays where they are."""

import pytest
from board.browser import Watched, chromium, without_faults
from board.hostile_feed import RUNS, hostile_files
from board.live import ended, filed, served, soon
from board.scenes import landed_unasked
from harness import Scene


@pytest.fixture(scope="module")
def browser(_settled):
    with chromium() as found:
        yield found


@pytest.fixture
def at(browser):
    opened = []

    def tab(port, address="", **how):
        opened.append(Watched(browser, **how))
        opened[-1].tab.goto(f"http://127.0.0.1:{port}/{address}")
        soon(lambda: linked(opened[-1].tab) == "live")
        return opened[-1]

    yield tab
    for each in opened:
        each.context.close()


def linked(tab):
    return tab.locator("#link").inner_text().strip()


def shown(tab):
    return tab.evaluate(
        "[...document.querySelectorAll('#items tbody tr:not([hidden])')].map(r => r.id)"
    )


def stayed_at_home(seen, port, said=()):
    """Assert that no request left the page's own origin, and nothing was said."""
    assert all(url.startswith(f"http://127.0.0.1:{port}/") for url in seen.requests)
    assert [line for line in seen.said if not any(s in line for s in said)] == []
    assert seen.dialogs == []


def test_it_follows_and_the_reader_stays(scene: Scene, at) -> None:
    for number in range(12):
        filed(scene.other, f"item-{number}")
    with served(scene.me) as (_, port):
        seen = at(port, "#who=CAMBER-07&sort=-item", viewport={"width": 1280, "height": 500})  # fmt: skip
        tab = seen.tab
        before = shown(tab)
        assert "CMB-0002" not in before
        tab.locator("#CMB-0008").focus()
        tab.evaluate("document.getElementById('CMB-0008').scrollIntoView()")
        top = "document.getElementById('CMB-0008').getBoundingClientRect().top"
        place = tab.evaluate(top)
        scene.other.fleetfeed("note", "CMB-0008", "--seat", "ORA-02", "--body", "?")
        filed(scene.other, "newest")
        soon(lambda: "CMB-0015" in shown(tab))
        assert shown(tab) == ["CMB-0015", *before]
        assert tab.evaluate("document.activeElement.id") == "CMB-0008"
        assert abs(tab.evaluate(top) - place) < 2
        assert tab.url.endswith("#who=CAMBER-07&sort=-item")
        assert "CMB-0015" in tab.locator("#news").inner_text()
        assert tab.locator("#news").get_attribute("aria-live") == "polite"
        assert tab.locator("#CMB-0015.is-new").count() == 1
        assert tab.title().startswith("15 open")
        # By keyboard, while it follows: what is typed stays, and so does the filter.
        tab.keyboard.press("/")
        tab.keyboard.type("newest")
        filed(scene.other, "newest-of-all")
        soon(lambda: shown(tab) == ["CMB-0016", "CMB-0015"])
        assert tab.evaluate("document.activeElement.name") == "q"
        scene.other.fleetfeed("done", "CMB-0015", "--reason", "done")
        soon(lambda: shown(tab) == ["CMB-0016"])
        stayed_at_home(seen, port)


def test_it_goes_on_after_the_server_was_restarted(scene: Scene, at) -> None:
    with served(scene.me) as (process, port):
        seen = at(port)
        ended(process)
        soon(lambda: linked(seen.tab) == "no answer, trying again")
    filed(scene.other, "meanwhile")
    with served(scene.me, port):
        soon(lambda: linked(seen.tab) == "live")
        soon(lambda: "CMB-0003" in shown(seen.tab))
        filed(scene.other, "later")
        soon(lambda: "CMB-0004" in shown(seen.tab))
    stayed_at_home(seen, port, ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_CONNECTION_RESET"])  # fmt: skip


def test_what_is_left_of_a_lease_is_reckoned_by_the_page(scene: Scene, at) -> None:
    """In words, and as the bar, of which the server tells nothing as time passes."""
    filed(scene.other, "short", "--lease", "2h")
    with served(scene.me) as (_, port):
        row = at(port).tab.locator("#CMB-0003")
        assert row.get_attribute("data-length") == "7200"
        row.evaluate("row => row.dataset.lease = Date.now() / 1000 + 3300")
        soon(lambda: row.locator(".amount").inner_text() == "55 min")
        assert row.locator(".left").get_attribute("width") == "45%"


def test_more_tabs_than_the_browser_has_connections(scene: Scene, at) -> None:
    """It has six for one origin: four tabs follow, the others ask now and then."""
    with served(scene.me) as (_, port):
        seen = at(port)
        tabs = [seen.tab, *(seen.context.new_page() for _ in range(8))]
        for tab in tabs[1:]:
            tab.goto(f"http://127.0.0.1:{port}/")
            soon(lambda tab=tab: linked(tab).startswith("live"))
        said = [linked(tab) for tab in tabs]
        assert (said.count("live"), said.count("live, every 5 s")) == (4, 5)
        filed(scene.other, "for-all-to-see")
        for tab in tabs:
            soon(lambda tab=tab: "CMB-0003" in shown(tab))
        # Who asks now and then follows as soon as another has gone.
        tabs.pop(said.index("live")).close()
        soon(lambda: [linked(tab) for tab in tabs].count("live") == 4)


def test_whoever_attacks_does_not_run(scene: Scene, at) -> None:
    with served(scene.me) as (_, port):
        seen = at(port, viewport={"width": 320, "height": 800})
        landed_unasked(scene, {f"feed/{n}": d for n, d in hostile_files().items()})
        soon(lambda: len(shown(seen.tab)) > 100, 60)
        tab = seen.tab
        assert tab.evaluate("document.images.length + document.scripts.length") == 1
        assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        text = tab.evaluate("document.body.textContent")
        for each in RUNS[:-2]:
            assert each[:60] in text
        stayed_at_home(seen, port)


@pytest.mark.parametrize(("width", "zoom"), [(320, 1), (640, 2), (1280, 1)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_needs_help_to_read_it_can(
    scene: Scene, at, width, zoom, scheme, tmp_path_factory
) -> None:
    """The second is a window of 1280 pixels at a zoom of 200 %."""
    with served(scene.me) as (_, port):
        how = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "device_scale_factor": zoom}  # fmt: skip
        tab = at(port, bypass_csp=True, **how).tab
        filed(scene.other, "another")
        soon(lambda: "CMB-0003" in shown(tab))
        without_faults(tab, tmp_path_factory)
        tab.emulate_media(media="print")
        assert not tab.locator("#link").is_visible()
        assert tab.locator("#CMB-0003").is_visible()
