"""The page in a real Chromium: used, filtered, printed, in the dark, small; attacked."""

import pytest
from board.browser import Watched, chromium, with_large_text, without_faults
from board.hostile_feed import ELSEWHERE, RUNS, hostile_files
from board.live import soon
from board.scenes import NOON, board_of, snapshot

from fleetfeed.board.page import page
from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.refused import Refused, RefusedRow

LOOKS = [
    {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    for width, scheme in ((320, "light"), (768, "dark"), (1280, "dark"), (2560, "light"))
]  # fmt: skip
ZOOMED = {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2}
"""What a zoom of 200 % makes of a window of 1280 and 900 pixels."""


@pytest.fixture(scope="module")
def browser(_settled):
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


def written(folder, name, board):
    file = folder / f"{name}.html"
    file.write_text(page(board, commit="a" * 40, age="asked just now"))
    return file


@pytest.fixture(scope="module")
def plain(folder):
    return written(folder, "plain", board_of(snapshot()))


@pytest.fixture(scope="module")
def hostile(folder):
    rows = tuple(
        RefusedRow(int(NOON // 86400), text[:200], "FF401", 3) for text in RUNS
    )
    feed = Snapshot(from_files(hostile_files()))
    return written(folder, "hostile", board_of(feed, Refused(NOON, rows)))


@pytest.fixture
def at(browser):
    opened = []

    def tab(**how):
        opened.append(Watched(browser, **how))
        return opened[-1]

    yield tab
    for each in opened:
        each.context.close()


def shown(tab):
    return [
        row.get_attribute("id") for row in tab.locator("#items tbody tr:visible").all()
    ]


def test_whoever_attacks_does_not_run(at, hostile):
    seen = at()
    tab = seen.open(hostile)
    for seat in tab.locator("select option").all():  # each filter, by hostile values
        value = seat.get_attribute("value")
        if value and "<" in value:
            tab.select_option("[name=who]", value)
    for text in RUNS[:6]:
        tab.fill("[name=q]", text[:40])
        assert shown(tab)
    tab.goto(
        f"file://{hostile}#q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&sort=__proto__&state=constructor"
    )
    tab.mouse.move(400, 400)
    tab.wait_for_timeout(100)
    assert tab.evaluate("document.images.length + document.scripts.length") == 1
    seen.only_asked_for(hostile)


@pytest.mark.parametrize("guarded", [True, False], ids=["by its policy", "by nothing"])
def test_what_got_in_unescaped_would_be_noticed(at, plain, folder, guarded):
    """Planted by hand: the page's own policy stops it, and without that it runs."""
    planted = f"<script>alert(1)</script><img src={ELSEWHERE} onerror=alert(2)>"
    text = plain.read_text().replace("<main>", f"{planted}<main>")
    file = folder / f"planted-{guarded}.html"
    file.write_text(text if guarded else text.replace("Content-Security-Policy", "x"))
    seen = at()
    seen.open(file).wait_for_timeout(200)
    if guarded:
        assert seen.dialogs == []
        assert len(seen.said) >= 2  # what was stopped is told in the console
    else:
        assert "1" in seen.dialogs
        assert any("elsewhere.invalid" in url for url in seen.requests)


@pytest.mark.parametrize("how", LOOKS, ids=lambda how: str(how["viewport"]["width"]))
def test_nothing_is_wider_than_the_screen(at, hostile, how):
    seen = at(**how)
    tab = seen.open(hostile)
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    paper = tab.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    light = int(paper.split("(")[1].split(",")[0]) > 128
    assert light is (how["color_scheme"] == "light")
    seen.only_asked_for(hostile)


def test_filters_are_in_the_address(at, plain):
    seen = at(viewport={"width": 1280, "height": 900})
    tab = seen.open(plain)
    everything = shown(tab)
    tab.select_option("[name=state]", "BLOCKED")
    assert shown(tab) == ["CMB-0004", "CMB-0005", "CMB-0006"]
    tab.select_option("[name=who]", "ORA-02")
    assert shown(tab) == ["CMB-0006"]
    address = tab.url
    assert address.endswith("#state=BLOCKED&who=ORA-02")
    other = at().open(plain, "#" + address.partition("#")[2])
    assert shown(other) == ["CMB-0006"]
    assert other.locator("#shown").inner_text() == "1 of 11 items"
    tab.click("button[type=reset]")
    soon(lambda: tab.locator("#shown").inner_text() == "11 items")
    assert shown(tab) == everything
    tab.fill("[name=q]", "api.py")
    assert shown(tab) == ["CMB-0007"]
    tab.click(".line a >> nth=0")  # leads to an item that is filtered out
    assert "CMB-0001" in shown(tab)
    seen.only_asked_for(plain)


def test_sorting(at, plain):
    tab = at(viewport={"width": 1280, "height": 900}).open(plain)
    urgent = shown(tab)
    tab.click("th[data-key=item] button")
    assert shown(tab) == sorted(urgent)
    assert tab.locator("th[aria-sort=ascending]").inner_text().startswith("Item")
    tab.click("th[data-key=item] button")
    assert shown(tab) == sorted(urgent, reverse=True)
    assert tab.url.endswith("#sort=-item")
    tab.click("th[data-key=item] button")
    assert shown(tab) == urgent
    tab.click("th[data-key=who] button")  # who holds comes first, by name
    assert shown(tab)[:4] == ["CMB-0001", "CMB-0007", "CMB-0008", "CMB-0010"]
    tab.click("th[data-key=lease] button")
    assert shown(tab)[:3] == ["CMB-0007", "ORA-0011", "CMB-0008"]


def test_by_keyboard_alone(at, plain):
    seen = at(viewport={"width": 1280, "height": 900})
    tab = seen.open(plain)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("/")
    tab.keyboard.type("turn 2")
    assert shown(tab) == ["CMB-0003"]
    tab.keyboard.press("Escape")
    assert len(shown(tab)) == 11
    tab.keyboard.press("Tab")
    tab.keyboard.type("blocked")
    assert shown(tab) == ["CMB-0004", "CMB-0005", "CMB-0006"]
    tab.locator("th[data-key=who] button").focus()
    tab.keyboard.press("Enter")
    assert shown(tab) == ["CMB-0004", "CMB-0005", "CMB-0006"]
    tab.keyboard.press("Space")
    assert shown(tab) == ["CMB-0006", "CMB-0004", "CMB-0005"]
    tab.locator("a[data-state=IN_LINE]").focus()
    tab.keyboard.press("Enter")
    assert sorted(shown(tab)) == ["CMB-0002", "CMB-0003", "ORA-0012"]
    seen.only_asked_for(plain)


def test_without_script_all_is_there(at, plain):
    tab = at(java_script_enabled=False).open(plain)
    assert len(shown(tab)) == 11
    assert not tab.locator("#filters").is_visible()
    tab.click(".look a >> nth=0")
    assert tab.url.endswith("#CMB-0010")


def test_on_paper(at, plain):
    seen = at(viewport={"width": 800, "height": 1100}, color_scheme="dark")
    tab = seen.open(plain)
    tab.emulate_media(media="print")
    assert not tab.locator("#filters").is_visible()
    assert len(shown(tab)) == 11
    ink = tab.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(0, 0, 0)"
    assert tab.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_needs_help_to_read_it_can(at, plain, scheme, tmp_path_factory):
    for width in (320, 1280):
        how = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
        tab = at(bypass_csp=True, **how).open(plain)
        without_faults(tab, tmp_path_factory)


def test_the_names_of_the_columns_stay(at, hostile):
    seen = at(viewport={"width": 1280, "height": 700})
    tab = seen.open(hostile)
    tab.mouse.move(400, 500)
    tab.mouse.wheel(0, 4000)
    soon(lambda: tab.evaluate("scrollY") == 4000)
    for head in tab.get_by_role("columnheader").all():
        box = head.bounding_box()
        assert 0 <= box["y"] < 200, head.inner_text()
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        on_top = tab.evaluate(
            "at => document.elementFromPoint(...at).closest('th')?.innerText", middle
        )
        assert on_top == head.inner_text(), "nothing lies over it"
    # What is gone to by a link is not hidden below them.
    tab.evaluate("location.hash = 'CMB-0120'")
    below = tab.get_by_role("columnheader").first.bounding_box()
    soon(lambda: tab.locator("#CMB-0120").bounding_box()["y"] >= below["y"] + below["height"] - 1)  # fmt: skip
    assert tab.locator("#CMB-0120").bounding_box()["y"] < 500
    seen.only_asked_for(hostile)


@pytest.mark.parametrize("kind", ["zoom", "text"])
def test_at_twice_the_size(at, hostile, browser, tmp_path, tmp_path_factory, kind):
    """By zoom, and by the reader's own size of letters."""
    if kind == "zoom":
        seen = at(bypass_csp=True, **ZOOMED)
    else:
        how = {"viewport": {"width": 1280, "height": 900}, "bypass_csp": True}
        seen = at(context=with_large_text(browser, tmp_path / "large", **how))
    tab = seen.open(hostile)
    pixels = tab.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert pixels * tab.evaluate("devicePixelRatio") == 30
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    clipped = tab.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, td, dt, dd, label, .line, .fight')]"
        ".filter(e => e.offsetParent && e.getBoundingClientRect().right > innerWidth + 1)"
        ".map(e => e.outerHTML.slice(0, 200))"
    )
    assert clipped == []
    tab.keyboard.press("/")
    tab.keyboard.type("cmb-0007")
    assert shown(tab) == ["CMB-0007"]
    # There are no names of columns then: each row says by itself what it tells.
    row = " ".join(tab.locator("#CMB-0007").inner_text().split())
    assert "at work for 27 h since 29 Nov 09:00" in row
    assert "lease ended 25 h ago it was for 2 h" in row
    seen.only_asked_for(hostile)
    without_faults(tab, tmp_path_factory)
