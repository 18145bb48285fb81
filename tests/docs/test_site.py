"""The site in a browser: all is there, drawn and found, and nothing comes from elsewhere."""

from __future__ import annotations

import shutil
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from scripts.docs import site
from scripts.docs.navigation import navigation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(BROWSER is None, reason="no chromium: `apt-get install chromium` has it"),
]

LISTED = [name for _, pages in navigation(site.ROOT) for _, name in pages]
"""The pages of the site."""

OPEN_SHADOWS = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  return attach.call(this, {...options, mode: "open"});
};
"""
"""Diagrams are drawn where scripts of a page cannot look, unless that is opened."""


@pytest.fixture
def address() -> Iterator[str]:
    """The address of the site, built anew."""
    pytest.importorskip("mkdocs", reason="`make test-rest` installs it")
    site.build()
    site.add_mermaid()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(site.Handler, directory=str(site.SITE)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page() -> Iterator[Page]:
    """A page of a browser that may ask nothing outside of this machine."""
    playwright = pytest.importorskip("playwright.sync_api", reason="`make test-rest` installs it")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        opened = browser.new_page()
        opened.add_init_script(OPEN_SHADOWS)
        yield opened
        browser.close()


def test_the_site_is_whole(address: str, page: Page) -> None:
    """One test, as the site is built once and in one place."""
    wrong: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda said: wrong.append(f"{page.url}: {said.text}"))
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on("request", lambda request: asked.add(request.url))
    page.on("response", lambda one: wrong.extend([one.url] if one.status >= 400 else []))
    drawn = [path for path in pages() if draws(page, f"{address}/{path}", path)]
    assert_search_finds_a_column(page, address)
    assert_a_phone_shows_all(page, address)
    assert_colours_follow_the_system(page, address)
    assert wrong == []
    assert {url for url in asked if not url.startswith(f"{address}/")} == set()
    assert len(pages()) == len(LISTED) + 1, "404.html"
    assert len(drawn) == sum("```mermaid" in markdown(name) for name in LISTED) > 0
    assert [name for name in LISTED if not markdown(name).startswith("# ")] == []
    links = [
        line.partition("](")[2].partition(")")[0] for line in markdown("llms.txt").splitlines()
    ]
    assert [name for name in links if name] == LISTED


def pages() -> list[Path]:
    """Return the pages of the site."""
    return sorted(path.relative_to(site.SITE) for path in site.SITE.rglob("*.html"))


def markdown(name: str) -> str:
    """Return a page as it is served as text."""
    return (site.SITE / name).read_text()


def draws(page: Page, address: str, path: Path) -> bool:
    """Open a page, and return whether it drew diagrams: all of those that it has."""
    page.goto(address)
    expected = (site.SITE / path).read_text().count('class="mermaid"')
    if expected:
        page.locator("div.mermaid svg").first.wait_for()
    assert page.locator("div.mermaid svg").count() == expected, path
    assert not page.locator("pre.mermaid").count(), path
    return bool(expected)


def assert_a_phone_shows_all(page: Page, address: str) -> None:
    """No page is wider than a phone, what a setting does begins on it, and diagrams scroll."""
    page.set_viewport_size({"width": 400, "height": 800})
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    for path in pages():
        page.goto(f"{address}/{path}")
        assert not page.evaluate(wider), path
    page.goto(f"{address}/docs/clockify/settings.html")
    place = page.locator("article td:last-child").first.bounding_box()
    assert place
    assert place["x"] < 300
    page.goto(f"{address}/docs/clockify/time.html")
    page.locator("div.mermaid svg").first.wait_for()
    frame = page.locator(".diagram").first
    assert frame.evaluate("one => one.scrollWidth > 2 * one.clientWidth")


def assert_colours_follow_the_system(page: Page, address: str) -> None:
    """Those of the first visit are not kept."""
    page.emulate_media(color_scheme="light")
    page.goto(address)
    page.locator('body[data-md-color-scheme="default"]').wait_for()
    page.emulate_media(color_scheme="dark")
    page.goto(address)
    page.locator('body[data-md-color-scheme="slate"]').wait_for()


def assert_search_finds_a_column(page: Page, address: str) -> None:
    page.goto(f"{address}/index.html")
    page.locator(".md-search__input").fill("billable")
    found = page.locator(".md-search-result__item a[href*='docs/clockify/']").first
    found.wait_for()
    found.click()
    page.wait_for_url("**/docs/clockify/**")
    assert "billable" in page.locator("article").inner_text().lower()
