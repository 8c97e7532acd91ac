"""The stages in their order, their idempotence, and what they refuse."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from govnews_spider.article import Article, Rejected
from govnews_spider.core.documents.front_matter import read
from govnews_spider.core.stages.identify import identify
from govnews_spider.core.stages.order import STAGES, finish, run
from govnews_spider.core.stages.select import Select

SEEDS = sorted((Path(__file__).parents[3] / "seeds").glob("*.txt"))


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.name)
@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_is_idempotent(seed: Path, stage: str) -> None:
    article = read(seed.read_bytes(), name=seed.name)
    for name, function in STAGES.items():
        article = function(article)
        if name == stage:
            assert function(article) == article
    assert finish(article) == article


def test_a_stream_goes_on_after_a_rejection(article: Any) -> None:
    refused: list[tuple[str, str]] = []
    stream = [article(title="甲"), article(title="乙", body_html=""), article(title="丙")]
    finished = list(run(stream, on_reject=lambda one, rejected: refused.append((one.title, rejected.slug))))
    assert [one.title for one in finished] == ["甲", "丙"]
    assert refused == [("乙", "empty_body")]


def test_an_identity_is_the_docid_else_the_address_else_the_text(article: Any) -> None:
    assert (
        identify(article(article_id="sina:ktzscyx1234567", url="https://a.sina.com.cn/")).article_id
        == "sina:ktzscyx1234567"
    )
    by_url = identify(article(url="https://sh.sina.com.cn/news/1.html", text="甲")).article_id
    assert by_url.startswith("url:")
    assert len(by_url) == len("url:") + 16
    assert identify(article(url="https://sh.sina.com.cn/news/1.html", text="乙")).article_id == by_url
    by_text = identify(article(text="甲")).article_id
    assert by_text.startswith("text:")
    assert identify(article(text="乙")).article_id != by_text


def test_selection_is_by_topic_and_by_keyword(article: Any) -> None:
    one: Article = article(topics=["医保"], text="全国统一的医保信息平台。")
    assert Select()(one) is one
    assert Select(topics=["医保", "社保"], keyword="信息平台")(one) is one
    assert Select(keyword="缓税")(one) is one
    for select in (Select(topics=["社保"]), Select(topics=[]), Select(keyword="公积金")):
        with pytest.raises(Rejected) as caught:
            select(one)
        assert caught.value.slug == "off_topic"


def test_the_core_works_with_scrapy_and_twisted_blocked() -> None:
    code = "import sys; sys.modules['scrapy'] = sys.modules['twisted'] = None; import govnews_spider.core, govnews_spider.sina.layouts"
    subprocess.run([sys.executable, "-c", code], check=True)
