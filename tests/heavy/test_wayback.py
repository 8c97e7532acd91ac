"""A replay client of others, pywb, serves what our archives hold: by an index of its own, and by ours as it is."""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from govnews_spider.archive.cdxj import stamp, surt
from govnews_spider.archive.reader import HttpResponse, Record, http_response, records
from tests.heavy.wayback import PYTHON, Served, Wayback, asked, pywb
from tests.site import Catalog, Page, SinaSite, SiteArticle
from tests.site.pages import render
from tests.support.crawls import crawl

CATALOG = Catalog.generate(seed=5, lists=[1687, 1689], days=[date(2021, 11, 24), date(2021, 11, 25)], count=12)
COLLECTIONS = ("by_its_own_index", "by_ours")
HTML = {"Content-Type": "text/html"}
NAME = "朱镕基"
"""The middle sign is beyond gb2312, which is what the page calls its encoding."""
HOSTS = ("finance.sina.com.cn", "WWW.sina.com.cn", "www2.sina.com.cn:443", "news.sina.com.cn:8080", "sina.cn:80")
SIGNS = "/ // /. ? & = a=1 a1=2 B 第 é %E7%AC%AC %2F %25 %7E %3F %0A %zz + ; , ( [ | - _ .shtml http:// #"
PIECES = SIGNS.split()
KEYS = """
import json, sys
from pywb.utils.canonicalize import canonicalize
print(json.dumps([canonicalize(url) for url in json.load(sys.stdin)]))
"""


@dataclass
class Kept:
    """What two runs have kept, and what the site says after each of them: run → address → answer."""

    raw: Path
    said: list[dict[str, Served]]
    packed: SiteArticle
    moved: SiteArticle
    chinese: SiteArticle
    tagged: SiteArticle
    changed: SiteArticle

    def answers(self) -> Iterator[tuple[int, str, HttpResponse]]:
        """Run, kind of record and answer of all that was kept."""
        for run, path in enumerate(sorted(self.raw.glob("*.warc.gz"), key=lambda path: path.stat().st_mtime_ns)):
            for one in records(path):
                assert isinstance(one, Record), one
                record = one.parsed()
                kind = str(record.headers["WARC-Type"])
                told = http_response(record) if kind in ("response", "revisit") else None
                if told is not None:
                    yield run, kind, told


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    assert PYTHON.exists(), f"no_pywb: {PYTHON} is not there; `make test-all` sets it up"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    data = tmp_path_factory.mktemp("data")
    plain = [one for one in CATALOG.articles if one.list_url == one.url and one.is_article]
    packed, moved, tagged, changed = plain[:4]
    chinese = replace(plain[4], title=f"{NAME}谈政务服务", encoding="gb18030")
    with SinaSite(CATALOG) as site:
        site.publish(chinese)
        site.pages[packed.url] = Page(200, HTML | {"Content-Encoding": "gzip"}, gzip.compress(render(packed)))
        site.pages[moved.url] = Page(301, {"Location": f"{moved.url}?from=moved"})
        site.pages[f"{moved.url}?from=moved"] = Page(200, HTML, render(moved))
        site.pages[tagged.url] = Page(200, HTML | {"ETag": '"a1"'}, render(tagged))
        said = []
        for arguments in ([], ["revisit=9999d"]):
            done = crawl(data, "sina_gov", "sections=1687,1689", *arguments, gateway=site.url)
            assert done.code == 0, done.log
            port = int(site.url.rpartition(":")[2])
            said.append({url: asked(port, f"/{url}") for url in sorted(set(site.requests))})
            site.publish(replace(changed, title=f"{changed.title}（更正）"))
            time.sleep(1.1)  # indexes tell times to the second
    return Kept(data / "raw", said, packed, moved, chinese, tagged, changed)


@pytest.fixture(scope="module")
def wayback(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wayback]:
    folder = tmp_path_factory.mktemp("wayback")
    archives = sorted(str(path) for path in kept.raw.glob("*.warc.gz"))
    for words in (["init", COLLECTIONS[0]], ["add", COLLECTIONS[0], *archives]):
        pywb("-c", "from pywb.manager.manager import main_wrap_exc; main_wrap_exc()", *words, folder=folder)
    with Wayback(folder, {COLLECTIONS[1]: kept.raw}) as served:
        yield served


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_answer_is_served_as_the_site_gave_it(kept: Kept, wayback: Wayback, collection: str) -> None:
    seen = set()
    for run, kind, told in kept.answers():
        if told.status == 304:
            continue
        given = kept.said[run][told.url]
        found = wayback.get(collection, f"{stamp(told.at)}id_", told.url, coding="gzip")
        assert (found.status, found.body) == (given.status, given.body), told.url
        seen.add((run, kind, told.url))
    assert {url for _, _, url in seen} == set(kept.said[1])
    assert {url for run, kind, url in seen if run and kind == "revisit"} >= {kept.packed.url, kept.chinese.url}
    assert (1, "response", kept.changed.url) in seen
    assert any("/api/roll/get?" in url for _, _, url in seen)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_packed_page_is_unpacked_for_who_wants_it_so(kept: Kept, wayback: Wayback, collection: str) -> None:
    found = wayback.get(collection, "2id_", kept.packed.url)
    assert (found.status, found.body) == (200, render(kept.packed))


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_redirect_leads_on(kept: Kept, wayback: Wayback, collection: str) -> None:
    (at,) = {stamp(told.at) for run, _, told in kept.answers() if (run, told.url) == (0, kept.moved.url)}
    found = wayback.get(collection, f"{at}id_", kept.moved.url)
    assert (found.status, found.headers["Location"]) == (301, f"{kept.moved.url}?from=moved")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_page_in_an_old_encoding_is_shown_with_every_sign(kept: Kept, wayback: Wayback, collection: str) -> None:
    (at,) = {stamp(told.at) for run, _, told in kept.answers() if (run, told.url) == (0, kept.chinese.url)}
    shown = wayback.get(collection, f"{at}mp_", kept.chinese.url)
    assert shown.status == 200
    text = shown.body.decode("gb18030")
    assert f'<h1 class="main-title">{kept.chinese.title}</h1>' in text
    assert f"/{collection}/{at}mp_/http" in text, "links lead into the archive"


def test_a_page_that_the_site_did_not_send_again_is_shown_by_our_index(kept: Kept, wayback: Wayback) -> None:
    (at,) = {stamp(told.at) for _, _, told in kept.answers() if told.status == 304}
    found = wayback.get("by_ours", f"{at}id_", kept.tagged.url)
    assert (found.status, found.body) == (200, render(kept.tagged))


def test_our_keys_are_those_by_which_it_asks(tmp_path: Path) -> None:
    rng = random.Random(6)
    urls = [
        f"{rng.choice(('http', 'https'))}://{rng.choice(HOSTS)}/x{''.join(rng.choices(PIECES, k=rng.randrange(9)))}"
        for _ in range(5000)
    ]
    theirs = json.loads(pywb("-c", KEYS, folder=tmp_path, given=json.dumps(urls)))
    assert [(url, surt(url)) for url in urls] == list(zip(urls, theirs, strict=True))
