"""Items of other projects: read as articles, and given back in their own kind."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import scrapy

from govnews_spider.article import Image, Rejected
from govnews_spider.core.items import holds_all, to_article, update_item
from govnews_spider.core.stages.order import STAGES, finish

BODY = '<div><p>　　新华社北京11月25日电（记者 张莫）财政部发布通知。</p><script>alert(1)</script><p onclick="x()">第二段。</p></div>'
FIELDS: dict[str, Any] = {
    "title": " 财政部发布通知_新浪财经 ",
    "body_html": BODY,
    "published_at": "2021-11-25T19:11:00+08:00",
    "url": "https://finance.sina.com.cn/china/2021-11-25/doc-iktzscyx1234567.shtml",
}


@dataclass
class Declared:
    title: str
    body_html: str
    published_at: datetime
    url: str
    text: str = ""
    note: str = "kept"


class Small(scrapy.Item):
    title = scrapy.Field()
    body_html = scrapy.Field()
    published_at = scrapy.Field()
    url = scrapy.Field()


def staged(item: Any) -> Any:
    """The item after every stage, one by one, as the item pipelines apply them to a dict."""
    for stage in STAGES.values():
        article = to_article(item)
        before = to_article(item)
        update_item(item, stage(article), before)
    return item


def test_a_dict_comes_back_with_the_fields_of_the_finished_article() -> None:
    item = staged(dict(FIELDS) | {"note": "kept"})
    expected = finish(to_article(FIELDS))
    assert (item["text"], item["content_hash"]) == (expected.text, expected.content_hash)
    assert (item["title"], item["author"], item["article_id"]) == ("财政部发布通知", "张莫", expected.article_id)
    assert "script" not in item["body_html"]
    assert "onclick" not in item["body_html"]
    assert item["published_at"] == "2021-11-25T11:11:00+00:00", "text stays text"
    assert item["note"] == "kept"


def test_a_dict_of_all_fields_of_an_article_is_that_article() -> None:
    article = finish(to_article(FIELDS))
    assert to_article(asdict(article)) == article


def test_a_class_gets_the_fields_that_it_has_declared() -> None:
    moment = datetime(2021, 11, 25, 19, 11, tzinfo=timezone(timedelta(hours=8)))
    item = Declared(FIELDS["title"], BODY, moment, FIELDS["url"])
    after = finish(to_article(item))
    update_item(item, after, to_article(item))
    assert (item.title, item.text, item.note) == ("财政部发布通知", after.text, "kept")
    assert item.published_at == moment
    assert not holds_all(item)


def test_an_item_of_scrapy_gets_them_too() -> None:
    item = Small(FIELDS)
    update_item(item, finish(to_article(item)), to_article(item))
    assert item["title"] == "财政部发布通知"
    assert set(item) == set(FIELDS)


@pytest.mark.parametrize(
    ("change", "slug", "named"),
    [
        ({"body_html": None}, "missing_field", "body_html"),
        ({"title": ""}, "missing_field", "title"),
        ({"published_at": None}, "missing_field", "published_at"),
        ({"url": None}, "missing_field", "url or origin"),
        ({"published_at": "2021-11-25T19:11:00"}, "time_without_zone", "published_at"),
        ({"published_at": datetime(2021, 11, 25)}, "time_without_zone", "published_at"),  # noqa: DTZ001
        ({"published_at": "yesterday"}, "bad_field", "published_at"),
        ({"published_at": 1637838660}, "bad_field", "published_at"),
        ({"title": 7}, "bad_field", "title"),
        ({"keywords": "财政"}, "bad_field", "keywords"),
        ({"keywords": ["财政", 1]}, "bad_field", "keywords"),
        ({"images": [{"src": "a"}]}, "bad_field", "images"),
        ({"images": ["https://n.sinaimg.cn/a.jpg"]}, "bad_field", "images"),
        ({"provenance": ["a"]}, "bad_field", "provenance"),
        ({"published_at": "0001-01-01T00:00:00+08:00"}, "bad_field", "published_at"),
    ],
)
def test_what_is_missing_or_of_another_kind_is_named(change: dict[str, Any], slug: str, named: str) -> None:
    with pytest.raises(Rejected) as caught:
        to_article(FIELDS | change)
    assert caught.value.slug == slug
    assert named in caught.value.detail


def test_what_only_the_store_may_set_is_not_taken_from_an_item() -> None:
    article = to_article(FIELDS | {"revision": "seven", "first_seen": "?", "char_count": None, "schema_version": 99})
    assert (article.revision, article.first_seen, article.schema_version) == (1, None, 1)


def test_pictures_may_be_dicts_or_images() -> None:
    picture = {"url": "https://n.sinaimg.cn/a.jpg", "caption": "题注"}
    assert to_article(FIELDS | {"images": [picture]}).images == [Image(**picture)]
    assert to_article(FIELDS | {"images": [Image(**picture)]}).images == [Image(**picture)]
    item = dict(FIELDS)
    after = to_article(FIELDS)
    after.images = [Image(**picture)]
    update_item(item, after, to_article(FIELDS))
    assert item["images"] == [picture]


def test_a_time_with_its_zone_is_kept_in_utc() -> None:
    assert to_article(FIELDS).published_at == datetime(2021, 11, 25, 11, 11, tzinfo=UTC)
