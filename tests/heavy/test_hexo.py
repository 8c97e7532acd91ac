"""The posts of a crawl are put into a real Hexo as they are, and its pages show what the rows say."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from govnews_spider import open_articles
from govnews_spider.storage.layout import post_file
from tests.heavy.hexo import Site, generate
from tests.site import demo_catalog
from tests.site.model import Block, SiteArticle
from tests.site.pages import render
from tests.support.crawls import ROOT, crawl

FORMATTED = str.maketrans(dict.fromkeys(":/\\?*“”<>|[]", "_") | {"{": "&#123;", "}": "&#125;"})
"""The signs that the documents' format spells otherwise in a title."""
HERE = "此处"
TITLES = (
    "Let's go：口岸“回暖”",
    "#一号文件 #要点：解读",
    "{{ 模板 }}与{% raw %}标签",
    "--- 三横线",
    "<script>alert(1)</script>标题",
    "😀与𠮷野家🇨🇳",
    "长" * 400,
    "000001",
    "null",
    "2021-11-25",
    "~",
    "true",
    "- 列表 - 项",
    "'单引号'",
    '"双引号"',
    "&amp; 与 %d 与 @at",
    "`代码`",
    "末尾反斜杠\\",
    "&#123; 实体",
    "!!js/function 标签",
)
BODIES = (
    "    四个空格开头",
    "<pre>    int main() {\n\n        return 0;\n    }</pre>",
    "---",
    "```\n{{ 7 * 7 }}\n```",
    "~~~ js",
    "{{ 7 * 7 }} {% raw %} {# 注 #} {% 无此标签 %}",
    "&#123;&#123; 7 * 7 &#125;&#125;",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "第一行<br>\n\n\n    第二行<br><br>\n\n\t第三行",
    "&lt;!-- more --&gt; 摘要",
    "&lt;!-- 没有结束",
    "&lt;!--swig\ufffc0--&gt; &lt;!--code\ufffc1--&gt; &lt;!--comment\ufffc2--&gt;",
    "&lt;hexoPostRenderCodeBlock&gt;甲&lt;/hexoPostRenderCodeBlock&gt;",
    "# 井号",
    "* 星号 **粗** _斜_ ~~删~~",
    "1. 编号",
    "[链接](https://finance.sina.com.cn/) ![图](a.png)",
    "`{{ 甲 }}` <code>{{ 乙 }}</code>",
    "&lt;/div&gt; &lt;/p&gt;",
    "&amp;lt;b&amp;gt; &amp;#123;",
)
TABLE = Block("table", rows=(("城市", "件数"), ("北港市", "{{ 1200 }}"), ("南港市", "    ```")))
PICTURE = Block("image", "窗口前的“群众” {{ 图 }}", "https://n.sinaimg.cn/finance/w640h400/20211125/ab12-cd34ef56.jpg")


def odd_page(number: int) -> tuple[SiteArticle, str]:
    """A page whose title and one paragraph are of no usual kind, and its HTML."""
    plain = next(one for one in demo_catalog().articles if one.template == "finance")
    docid = f"koddody{number:07d}"
    url = f"https://finance.sina.com.cn/china/2021-11-26/doc-i{docid}.shtml"
    text = f"北港市{number}号窗口本周办理事项{7919 * number}件。"
    blocks = (Block("p", text), TABLE, PICTURE, Block("p", HERE))
    article = replace(plain, docid=docid, url=url, title=TITLES[number], blocks=blocks, encoding="utf-8", style="cms")
    article = replace(article, keywords=(), original_title=None, stocks={}, furniture=frozenset())
    return article, render(article).decode().replace(HERE, BODIES[number])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the seeds, the archived demo and the odd pages leave."""
    folder = tmp_path_factory.mktemp("data")
    pages = tmp_path_factory.mktemp("pages")
    for number in range(len(TITLES)):
        (pages / f"{number}.html").write_text(odd_page(number)[1], "utf-8")
    for spider, *arguments in (("seeds",), ("seeds", f"path={pages}"), ("sina_gov",)):
        done = crawl(folder, spider, *arguments, GOVNEWS_REPLAY=ROOT / "examples/demo.warc.gz")
        assert done.code == 0, done.log
    return folder


@pytest.fixture(scope="module")
def rows(data: Path) -> dict[str, dict[str, Any]]:
    """Path of each post below ``posts/`` → the row."""
    found = open_articles(data).to_table().to_pylist()
    day = {
        row["article_id"]: row["published_at"].astimezone(demo_catalog().articles[0].published.tzinfo) for row in found
    }
    return {post_file(day[row["article_id"]].date(), row["article_id"]).removeprefix("posts/"): row for row in found}


@pytest.fixture(scope="module")
def site(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return generate(tmp_path_factory.mktemp("site"), data / "posts")


def test_every_row_is_a_post_with_its_title_categories_and_picture(site: Site, rows: dict[str, dict[str, Any]]) -> None:
    assert site.posts.keys() == rows.keys()
    assert len(rows) == 2 + 29 + len(TITLES)
    for name, row in rows.items():
        made = site.posts[name]
        written = row["title"].replace('"', "_") if "'" in row["title"] else row["title"]
        assert made["title"] == written.translate(FORMATTED)
        assert made["categories"] == row["categories"] == ["金融", "新浪财经", "新浪财经－国內"]
        assert made["headimg"] == made["thumbnail"] == (row["headimg"] or "")
        assert (made["author"], made["comments"]) == ("新浪财经", False)


def test_a_body_is_served_as_it_is_to_the_letter(site: Site, rows: dict[str, dict[str, Any]]) -> None:
    """So nothing of it is taken for Markdown, and nothing for a template."""
    for name, row in rows.items():
        body = row["body_html"].replace("{", "&#123;").replace("}", "&#125;").replace("\ufffc", "&#65532;")
        assert site.posts[name]["content"].strip() == f"<div>   \n{body}  \n</div>"


def test_a_page_shows_headline_text_tables_and_pictures_and_no_code(
    site: Site, rows: dict[str, dict[str, Any]]
) -> None:
    for name, row in rows.items():
        page = BeautifulSoup(site.page(name), "lxml")
        entry = page.select_one(".article-entry")
        assert entry is not None
        assert page.select("h1.article-title")[0].get_text(strip=True) == " ".join(site.posts[name]["title"].split())
        assert not entry.select("pre, code, figure, script")
        assert [img["src"] for img in entry.select("img")] == [image["url"] for image in row["images"]]
        assert [span.get_text() for span in entry.select(".img_descr")] == [
            image["caption"] for image in row["images"] if image["caption"]
        ]
        assert len(entry.select("table")) == row["body_html"].count("<table>")
        for gone in entry.select(".img_descr"):
            gone.decompose()
        assert "".join(entry.get_text().split()) == "".join(row["text"].split())


@pytest.mark.parametrize("number", range(len(TITLES)))
def test_an_odd_headline_and_paragraph_arrive(site: Site, rows: dict[str, dict[str, Any]], number: int) -> None:
    (row,) = (row for row in rows.values() if row["article_id"] == f"sina:koddody{number:07d}")
    assert row["title"] == TITLES[number]
    said = BeautifulSoup(re.sub("<br>", "\n", BODIES[number]), "lxml").get_text()
    assert "".join(row["text"].split()).endswith("".join(said.split())), "the page's own words, before Hexo has them"


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC"])
def test_dates_are_right_where_the_site_and_the_machine_have_one_zone(
    data: Path, rows: dict[str, dict[str, Any]], tmp_path: Path, zone: str
) -> None:
    """Hexo moves a date by the difference of the two zones, whatever zone the date itself names."""
    site = generate(tmp_path, data / "posts", zone=zone)
    moments = {name: made["date"] for name, made in site.posts.items()}
    assert moments == {name: f"{row['published_at']:%Y-%m-%dT%H:%M:%S}.000Z" for name, row in rows.items()}
    (seed,) = (made["shown"] for made in site.posts.values() if made["title"].startswith("京津冀14家"))
    assert seed == {"Asia/Shanghai": "2021-11-25 19:11:45", "UTC": "2021-11-25 11:11:45"}[zone]


def test_the_seeds_as_the_generator_left_them_do_show_code(tmp_path: Path) -> None:
    """What the tests above look for is there to be found: the generator's blank lines and indents end the HTML."""
    (tmp_path / "posts").mkdir()
    for seed in (ROOT / "seeds").iterdir():
        shutil.copy(seed, tmp_path / "posts" / f"{seed.stem}.md")
    (tmp_path / "site").mkdir()
    site = generate(tmp_path / "site", tmp_path / "posts")
    assert [BeautifulSoup(site.page(name), "lxml").select("pre code") != [] for name in site.posts] == [True, True]
