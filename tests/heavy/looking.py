"""Looks at a page in a real browser, as it is opened from disk with the network off, and prints what was seen as JSON.

Runs in an environment of its own, which has playwright and knows nothing of us: ``python looking.py BROWSER PAGE TITLE FOLDER``.
Pictures of every width and colour scheme go to the folder, and the page as it is printed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from probes import AT_ONCE, BEYOND, CUT, FOCUS, SHOWN

WIDTHS = {1280: 900, 390: 844}


def main(browser_path: str, page: str, title: str, folder: str) -> None:
    """Prints what was seen in each width and scheme, and without scripts."""
    address = Path(page).as_uri()
    with sync_playwright() as playwright:
        # A container's root has no user namespaces for the sandbox; the page is our own.
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        seen = {
            f"{width}-{scheme}": look(browser, address, title, width, scheme, Path(folder))
            for width in WIDTHS
            for scheme in ("light", "dark")
        }
        seen["plain"] = plain(browser, address)
        browser.close()
    print(json.dumps(seen))  # noqa: T201


def look(browser: Browser, address: str, title: str, width: int, scheme: Any, folder: Path) -> dict[str, Any]:
    """What a reader with that screen gets to see."""
    size: Any = {"width": width, "height": WIDTHS[width]}
    context = browser.new_context(viewport=size, color_scheme=scheme, offline=True)
    page = context.new_page()
    told: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: told.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: told.append(f"error: {error}"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_selector("html[data-drawn]", state="attached", timeout=30_000)
    page.screenshot(path=folder / f"{width}-{scheme}.png", full_page=True)
    seen = {name: page.evaluate(code) for name, code in AT_ONCE.items()}
    seen |= {"spoken": spoken(page), "keys": keys(page), **searched(page, title), "paper": paper(page)}
    if (width, scheme) == (1280, "dark"):
        page.pdf(path=folder / "print.pdf", format="A4", print_background=True)
    page.set_viewport_size({"width": 320, "height": 640})
    seen["narrow"] = page.evaluate(BEYOND)
    context.close()
    return seen | {"told": told, "asked": asked}


def keys(page: Page) -> dict[str, Any]:
    """What can be done by keyboard alone, and where Tab stops on the way."""
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    inside = page.evaluate("document.activeElement.id") == "main"
    stops = []
    while (stop := _tab(page))["name"] not in ("more", "BODY"):
        stops.append(stop)
    places = [stop["place"] for stop in stops]
    return {
        "skip": skip and inside,
        "more": _more(page),
        "table": _opened(page),
        "search": "search" in [stop["name"] for stop in stops],
        "order": places == sorted(places),
        "unseen": [stop["name"] for stop in stops if not (stop["ring"] and stop["seen"])],
    }


def _opened(page: Page) -> bool:
    """Whether Enter opens a table, whose box can then be scrolled by keys, and Space closes it."""
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    box = _tab(page)["name"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    return box == "scroll" and page.locator("details[open]").count() == 0


def _tab(page: Page) -> dict[str, Any]:
    page.keyboard.press("Tab")
    stop: dict[str, Any] = page.evaluate(FOCUS)
    return stop


def _more(page: Page) -> int | None:
    """The row that has the focus after "show more", counted from 0; None where there are no more."""
    if page.locator("#more").is_hidden():
        return None
    page.keyboard.press("Enter")
    row: int = page.evaluate(
        '[...document.querySelectorAll("#articles tbody tr")].indexOf(document.activeElement.closest("tr"))'
    )
    return row


def spoken(page: Page) -> dict[str, list[str]]:
    """What a reader that speaks is told of, by role: the names, in order."""
    session = page.context.new_cdp_session(page)
    found: dict[str, list[str]] = {}
    for node in session.send("Accessibility.getFullAXTree")["nodes"]:
        if not node["ignored"]:
            found.setdefault(node["role"]["value"], []).append(node.get("name", {}).get("value", ""))
    return {
        role: found.get(role, []) for role in ("image", "table", "rowheader", "DisclosureTriangle", "region", "status")
    }


def paper(page: Page) -> list[str]:
    """What is cut or beyond the sheet when it is printed: A4 leaves 688 pixels between its margins."""
    page.set_viewport_size({"width": 688, "height": 900})
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    wrong: list[str] = page.evaluate(CUT) + page.evaluate(BEYOND)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    return wrong


def searched(page: Page, title: str) -> dict[str, Any]:
    """What is found and said, and what Escape makes of it."""
    found = search(page, title)
    page.emulate_media(media="print")
    printed = page.locator("#articles tbody th").filter(visible=True).all_inner_texts()
    page.emulate_media(media="screen")
    province, places = search(page, "湖南"), search(page, "长沙")
    none = search(page, "没有这样的题目")
    said = page.locator("#found").inner_text()
    page.press("#search", "Escape")
    again = page.evaluate(SHOWN)
    told = {"found": found, "printed": printed, "province": province, "places": places}
    return told | {"none": none, "said": said, "again": again}


def search(page: Page, words: str) -> list[str]:
    """The titles that are shown for those words."""
    page.fill("#search", words)
    titles: list[str] = page.locator("#articles tbody tr:not([hidden]) th").all_inner_texts()
    return titles


def plain(browser: Browser, address: str) -> dict[str, Any]:
    """What is there without scripts."""
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(address)
    rows = page.locator("#articles tbody tr")
    page.locator("#sources summary").click()
    seen = {
        "rows": rows.count(),
        "last": rows.last.is_visible(),
        "search": page.locator("#search").is_visible(),
        "table": page.locator("#sources tbody tr").first.is_visible(),
        "said": page.locator("noscript").inner_text(),
    }
    context.close()
    return seen


if __name__ == "__main__":
    main(*sys.argv[1:])
