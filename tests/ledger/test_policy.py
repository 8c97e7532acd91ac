"""Revision policy, as a table: relation, revision and alias of every kind of newcomer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from govnews_spider.ledger.identities import Content, Identity, Newcomer
from govnews_spider.ledger.policy import Change, Decision, decide, merge, twin_of
from tests.support.rows import article

STORED = Identity("hash", "2021-11-25T03:00:00+00:00", "2021-11-25", 3, "2021-11-26T00:00:00+00:00", 7, None)
SAME, OTHER = STORED.content, Content("other", STORED.published_at)
MOVED = Content("hash", "2021-11-25T04:00:00+00:00")
NEWCOMER = Newcomer("sina:a", "sina:a", "https://finance.sina.com.cn/a", SAME, STORED)


@pytest.mark.parametrize(
    ("newcomer", "replayed", "expected"),
    [
        pytest.param(NEWCOMER._replace(stored=None), False, Decision(Change.NEW, 1), id="nothing is stored"),
        pytest.param(NEWCOMER, False, Decision(Change.UNCHANGED, 3), id="same content"),
        pytest.param(NEWCOMER._replace(content=OTHER), False, Decision(Change.REVISION, 4), id="other content"),
        pytest.param(NEWCOMER._replace(content=MOVED), False, Decision(Change.REVISION, 4), id="other time"),
        pytest.param(
            NEWCOMER._replace(content=OTHER, was_version=True),
            False,
            Decision(Change.REVISION, 4),
            id="an older content is back on the site",
        ),
        pytest.param(
            NEWCOMER._replace(content=OTHER, was_version=True),
            True,
            Decision(Change.UNCHANGED, 3),
            id="an older content in a replayed file",
        ),
        pytest.param(
            NEWCOMER._replace(content=OTHER), True, Decision(Change.REVISION, 4), id="a new content in a replayed file"
        ),
        pytest.param(
            NEWCOMER._replace(own_id="url:b"), False, Decision(Change.UNCHANGED, 3, "url:b"), id="a new other id"
        ),
        pytest.param(
            NEWCOMER._replace(own_id="url:b", is_alias=True),
            False,
            Decision(Change.UNCHANGED, 3),
            id="an other id that is known",
        ),
        pytest.param(
            NEWCOMER._replace(own_id="url:b", content=OTHER),
            False,
            Decision(Change.REVISION, 4, "url:b"),
            id="a revision under a new other id",
        ),
        pytest.param(
            NEWCOMER._replace(own_id="text:c", url=None, content=OTHER, is_alias=True),
            False,
            Decision(Change.UNCHANGED, 3),
            id="a document has no other version",
        ),
        pytest.param(
            NEWCOMER._replace(own_id="text:c", article_id="text:c", content=OTHER),
            False,
            Decision(Change.REVISION, 4),
            id="a page without docid has versions",
        ),
    ],
)
def test_the_verdict_on_a_newcomer(newcomer: Newcomer, replayed: bool, expected: Decision) -> None:
    assert decide(newcomer, replayed=replayed) == expected


def test_a_twin_needs_a_document_on_one_side() -> None:
    page, other = article(1), article(2)
    document = replace(article(3), article_id="text:c", url=None)
    assert twin_of(page, [other, document]) is document
    assert twin_of(document, [other]) is other
    assert twin_of(page, [other]) is None


def test_a_document_completes_the_page_that_is_stored_under_the_page_s_id() -> None:
    page = replace(article(1), author=None)
    document = replace(article(1), article_id="text:c", url=None, author="张莫", run_id="later")
    merged = merge(document, page)
    assert merged is not None
    assert (merged.article_id, merged.author, merged.url, merged.run_id) == (page.article_id, "张莫", page.url, "later")
    assert merge(replace(document, author=None), page) is None
