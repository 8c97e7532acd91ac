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

WIDTHS = {1280: 900, 390: 844}
MARKS = """() => Object.fromEntries([...document.querySelectorAll(".plot")].map((plot) =>
    [plot.id, plot.querySelectorAll(".role-mark.mark-rect path, .role-mark.mark-area path").length]))"""
CUT = """() => [...document.querySelectorAll(".plot text")].filter((label) => {
    const inner = label.getBoundingClientRect(), outer = label.closest(".plot").getBoundingClientRect();
    return label.textContent.endsWith("…") || inner.left < outer.left - 1 || inner.right > outer.right + 1
        || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
}).map((label) => `${label.closest(".plot").id}: ${label.textContent}`)"""
COVERED = """() => [...document.querySelectorAll(".plot .role-axis-label")].flatMap((axis) => {
    const labels = [...axis.querySelectorAll("text")].filter((label) => label.textContent && getComputedStyle(label).opacity > 0);
    const boxes = labels.map((label) => label.getBoundingClientRect());
    return boxes.flatMap((one, n) => boxes.slice(n + 1).filter((other) =>
        Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1
        && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 3
    ).map(() => `${axis.closest(".plot").id}: ${labels[n].textContent}`));
})"""
BEYOND = """() => [...document.querySelectorAll("body *")].filter((element) => !element.closest("svg, .scroll, .skip, thead")
    && element.getBoundingClientRect().right > innerWidth + 1).map((element) => element.outerHTML.slice(0, 120))"""
FAINT = """() => {
    const light = ([r, g, b]) => [r, g, b].map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);
    const colour = (text) => text.match(/[\\d.]+/g).map(Number);
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const found = colour(getComputedStyle(at).backgroundColor);
            if (found.length < 4 || found[3] > 0) return found;
        }
        return [255, 255, 255];
    };
    const faint = new Set();
    for (const element of document.querySelectorAll("body *")) {
        if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) || element.closest("script, style, noscript")) continue;
        const said = getComputedStyle(element);
        const one = light(colour(element.closest("svg") ? said.fill : said.color)), other = light(behind(element));
        if ((Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5) faint.add(`${element.tagName} ${element.className.baseVal ?? element.className}`);
    }
    return [...faint];
}"""
SHOWN = '() => [...document.querySelectorAll("#articles tbody tr")].filter((row) => !row.hidden).length'


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
    seen = {name: page.evaluate(code) for name, code in (
        ("marks", MARKS), ("cut", CUT), ("covered", COVERED), ("beyond", BEYOND), ("faint", FAINT), ("shown", SHOWN),
    )}  # fmt: skip
    seen |= {"keys": keys(page), "found": search(page, title), "none": search(page, "没有这样的题目")}
    if (width, scheme) == (1280, "dark"):
        page.pdf(path=folder / "print.pdf", format="A4", print_background=True)
    context.close()
    return seen | {"told": told, "asked": asked}


def keys(page: Page) -> dict[str, bool]:
    """What can be done by keyboard alone."""
    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(300):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    page.keyboard.press("Enter")
    opened = page.evaluate("document.activeElement.parentElement.open === true")
    page.keyboard.press("Enter")
    for _ in range(300):
        if page.evaluate("document.activeElement.id") == "search":
            break
        page.keyboard.press("Tab")
    return {"skip": skip, "table": opened, "search": page.evaluate("document.activeElement.id") == "search"}


def search(page: Page, words: str) -> list[str]:
    """The titles that are shown for those words."""
    page.fill("#search", words)
    titles: list[str] = page.locator("#articles tbody tr:not([hidden]) td:nth-child(2)").all_inner_texts()
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
