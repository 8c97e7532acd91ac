"""The loopback site with pages of real size, in a process of its own: ``python -m benchmarks.big_site 2000``.

Prints its origin, then serves until its standard input ends, so it never outlives whoever started it.

The pages of ``tests/site`` hold an article and little else, about 8 kB. Here each is filled up to what Sina's pages hold around
the article: the median of 30 saved ones is 86 kB, 600 elements, 32 kB of script in 47 pieces, 5 kB of style, 140 links. All
pages are made before the first request; to answer is to look one up.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date, timedelta

from tests.site import Catalog, Page, SinaSite, SiteArticle
from tests.site.pages import render

LISTS = (1686, 1687, 1688, 1689, 1690)
DAYS = tuple(date(2021, 11, 1) + timedelta(days=number) for number in range(25))

_SCRIPT = (
    "<script>(function (win, doc, undef) {{\n"
    "    var slot = doc.getElementById('slot_{n}'), state = win.pageState || (win.pageState = {{}});\n"
    "    if (!slot || state.loaded_{n}) {{ return; }}\n"
    "    state.loaded_{n} = {{at: +new Date(), from: 'https://i{n}.sinaimg.cn/cj/{n}/module.js?v=20211125', tries: 0}};\n"
    "    function ready(event) {{\n"
    "        var target = event && event.target ? event.target : slot, next = target.firstChild;\n"
    "        while (next && next.nodeType !== 1) {{ next = next.nextSibling; }}\n"
    "        if (next && next.className.indexOf('lazy') > -1) {{ next.src = next.getAttribute('data-src'); }}\n"
    "    }}\n"
    "    win.addEventListener ? win.addEventListener('load', ready, false) : win.attachEvent('onload', ready);\n"
    "}})(window, document);</script>\n"
)
_STYLE = ".module_{n} .title a:hover{{color:#ff8400;background:url(//i{n}.sinaimg.cn/cj/bg.png) no-repeat 0 -{n}0px}}\n"
_MODULE = (
    '<div class="module module_{n} clearfix" id="module_{n}" data-sudaclick="right_module_{n}_p"><div class="head">\n'
    '<h2 class="title"><a href="https://finance.sina.com.cn/channel/{n}/" target="_blank" suda-uatrack="key=head_{n}">栏目{n}</a></h2>\n'
    '<div class="more"><span>更多</span></div></div>\n<div class="slot" id="slot_{n}">\n'
    '<ul class="list list_{n}">\n{items}</ul></div></div>\n'
)
_ITEM = (
    '<li><a href="https://finance.sina.com.cn/roll/2021-11-{day:02}/doc-ikzzzzzz{n:02}{day:05}.shtml?cre=tianyi&amp;mod=wnews&amp;loc={day}"'
    ' target="_blank" suda-uatrack="key=list_{n}&amp;value={day}">第{n}栏第{day}条：往日要闻的标题放在这里</a>'
    '<span class="time">11月{day}日</span></li>\n'
)


def fill(page: str, modules: Iterable[int] = range(10, 34)) -> str:
    """The page with scripts and styles in its head, and half of the link modules before the article, half after."""
    numbers = list(modules)
    style = "<style>\n" + "".join(_STYLE.format(n=number) for number in range(10, 60)) + "</style>\n"
    made = [
        _MODULE.format(n=n, items="".join(_ITEM.format(n=n, day=day) for day in range(1, 6))) + _SCRIPT.format(n=n)
        for n in numbers
    ]
    half = len(made) // 2
    page = page.replace("</head>", style + "".join(_SCRIPT.format(n=n) for n in range(60, 80)) + "</head>", 1)
    page = page.replace("<body>", "<body>\n" + "".join(made[:half]), 1)
    return page.replace("</body>", "".join(made[half:]) + "</body>", 1)


def big_page(article: SiteArticle) -> Page:
    """The article's page at real size, in its own encoding."""
    body = fill(render(article).decode(article.encoding)).encode(article.encoding)
    return Page(200, {"Content-Type": "text/html"}, body)


def big_site(count: int) -> SinaSite:
    """A running site with that many articles in five lists."""
    catalog = Catalog.generate(seed=4, lists=list(LISTS), days=list(DAYS), count=count)
    site = SinaSite(catalog)
    for article in catalog.articles:
        site.pages[article.url] = site.pages[article.list_url] = big_page(article)
    return site


def main() -> None:
    """Serves."""
    with big_site(int(sys.argv[1])) as site:
        print(site.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
