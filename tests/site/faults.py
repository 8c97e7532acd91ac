"""Faults of a response: each is one line in KINDS, which turns the right response into a wrong one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.site import roll
from tests.site.pages import Page, not_found

Target = str | Callable[[str], bool]


@dataclass(slots=True)
class Fault:
    """Strikes requests whose original URL begins with ``target`` (http and https are one), or for which it is true.

    Robots.txt is a request like others: a target such as `https://finance.sina.com.cn/` strikes it too.
    """

    target: Target
    kind: str | int
    times: int | None = None
    """How many requests it strikes; None is all of them."""
    seconds: float = 1.0
    """How long a slow answer takes."""
    retry_after: str | None = None
    """The Retry-After header of a status fault, seconds or an HTTP date; a 429 says 1 by itself."""
    to: str | None = None
    """Where a redirect leads; None leads back to the same address, a loop."""

    def __post_init__(self) -> None:
        if isinstance(self.kind, str) and self.kind not in KINDS:
            raise ValueError(
                f"unknown_fault: {self.kind!r} for {self.target!r}; use a status or one of {', '.join(KINDS)}"
            )

    def strikes(self, url: str) -> bool:
        if self.times == 0:
            return False
        hit = self.target(url) if callable(self.target) else _bare(url).startswith(_bare(self.target))
        if hit and self.times is not None:
            self.times -= 1
        return hit

    def spoil(self, page: Page, url: str) -> Page:
        return _status(self, page, url) if isinstance(self.kind, int) else KINDS[self.kind](self, page, url)


def _bare(url: str) -> str:
    return url.split("://", 1)[-1]


def _status(fault: Fault, page: Page, url: str) -> Page:
    if fault.kind == 404:
        return not_found()
    headers = {"Content-Type": "text/html"}
    retry_after = fault.retry_after or ("1" if fault.kind == 429 else None)
    if retry_after:
        headers["Retry-After"] = retry_after
    return Page(int(fault.kind), headers, f"<html><body><h1>{fault.kind}</h1><p>nginx</p></body></html>".encode())


def _html(fault: Fault, page: Page, url: str) -> Page:
    body = "<!DOCTYPE html><html><head><title>新浪网</title></head><body><p>系统繁忙，请稍后再试</p></body></html>"
    return Page(200, {"Content-Type": "text/html; charset=utf-8"}, body.encode())


def _wrong_charset_header(fault: Fault, page: Page, url: str) -> Page:
    """The page in the gb family, its own meta right about that, and a header that claims UTF-8."""
    try:
        text = page.body.decode("utf-8")
    except UnicodeDecodeError:
        text = page.body.decode("gb18030")
    body = re.sub(r'charset="?utf-8"?', "charset=gb2312", text, count=1).encode("gb18030")
    return replace(page, headers=page.headers | {"Content-Type": "text/html; charset=utf-8"}, body=body)


def _redirect(fault: Fault, page: Page, url: str) -> Page:
    return Page(302, {"Location": fault.to or url, "Content-Type": "text/html"}, b"<html><body>302 Found</body></html>")


KINDS: dict[str, Callable[[Fault, Page, str], Page]] = {
    "slow": lambda fault, page, url: replace(page, delay=fault.seconds),
    "truncated": lambda fault, page, url: replace(page, sent=len(page.body) // 2),
    "truncated_json": lambda fault, page, url: replace(page, body=page.body[: len(page.body) // 2]),
    "html": _html,
    "empty": lambda fault, page, url: replace(page, body=b""),
    "code11": lambda fault, page, url: roll.reply(roll.refusal(), {}),
    "empty_list": lambda fault, page, url: roll.answer(url, {}),
    "wrong_charset_header": _wrong_charset_header,
    "redirect": _redirect,
    "reset": lambda fault, page, url: replace(page, reset=True),
}
