"""A document and the page of the same article: one article, whichever comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from govnews_spider.article import Article
from govnews_spider.core import dumps, loads
from govnews_spider.core.dedup.identity import aliases, complete, with_alias
from govnews_spider.core.stages.clean import clean
from govnews_spider.core.stages.identify import identify
from govnews_spider.core.stages.normalize import normalize
from govnews_spider.ledger.ledger import Ledger, Outcome
from govnews_spider.verify.audit import audit
from govnews_spider.verify.repair import repair
from tests.support.reprints import accept_all, article_with, originals, reprint_marks
from tests.support.rows import article
from tests.support.texts import BULLETIN, TEXT, with_replaced

ADDRESS = "https://finance.sina.com.cn/china/2021-11-25/doc-ikztest0000001.shtml"


def page(number: int = 1, text: str = TEXT, **fields: Any) -> Article:
    """As a page tells it: address, docid, source; published in the minute after noon."""
    values: dict[str, Any] = {"origin": ADDRESS.replace("0000001", f"{number:07d}"), "original_title": None}
    return article_with(number, text, title="把窗口搬到村口", **values | fields)


def document(text: str = TEXT, *, seconds: float = 0, **fields: Any) -> Article:
    """As a document tells it, which has no address."""
    moment = page().published_at.replace(second=0, microsecond=0) + timedelta(seconds=seconds)
    given = article(
        1, article_id="", title="把窗口搬到村口", text=text, published_at=moment, origin="seeds/a.md", **fields
    )
    return identify(normalize(given))


def rows(data: Path, folder: str = "articles") -> list[dict[str, Any]]:
    return [row for path in (data / folder).rglob("*.parquet") for row in pq.ParquetFile(path).read().to_pylist()]


def test_a_page_completes_the_document_as_a_revision_under_the_id_that_was_first(tmp_path: Path) -> None:
    first = document(original_title="村口有了办事窗口", editor="何思远")
    outcomes = accept_all(tmp_path, [first, page(editor=None)])
    assert outcomes == [Outcome.STORED, Outcome.REVISED]
    (row,) = rows(tmp_path)
    assert (row["article_id"], row["revision"], row["url"]) == (first.article_id, 2, ADDRESS)
    assert (row["source"], row["keywords"]) == ("江城晚报", ["政务", "通办"])
    assert (row["original_title"], row["editor"]) == ("村口有了办事窗口", "何思远"), "what only the document knew"
    assert dict(row["provenance"])["editor"] == "document: finance_2018_artibody"
    assert [row["revision"] for row in rows(tmp_path, "revisions")] == [1]
    assert len(list(tmp_path.rglob("*.md"))) == 1
    assert not audit(tmp_path).broken


def test_a_document_of_a_stored_page_is_unchanged_where_it_knows_nothing_more(tmp_path: Path) -> None:
    assert accept_all(tmp_path, [page(), document()]) == [Outcome.STORED, Outcome.UNCHANGED]
    assert [(row["article_id"], row["revision"]) for row in rows(tmp_path)] == [("sina:kztest0000001", 1)]
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.accept(document(), replayed=True) is Outcome.UNCHANGED, "by its own id now"


def test_a_document_of_a_stored_page_completes_it(tmp_path: Path) -> None:
    late = document(original_title="村口有了办事窗口", run_id="20211128T000000Z", spider="seeds")
    assert accept_all(tmp_path, [page(), late]) == [Outcome.STORED, Outcome.REVISED]
    (row,) = rows(tmp_path)
    assert (row["article_id"], row["revision"], row["url"]) == ("sina:kztest0000001", 2, ADDRESS)
    assert (row["original_title"], row["run_id"], row["spider"]) == ("村口有了办事窗口", "20211128T000000Z", "seeds")
    assert row["origin"] == ADDRESS, "where its bytes came from"


def test_both_orders_tell_the_same_of_the_article(tmp_path: Path) -> None:
    told_by: list[dict[str, Any]] = []
    for name, given in (("a", [page(), document(editor="何思远")]), ("b", [document(editor="何思远"), page()])):
        accept_all(tmp_path / name, given)
        (row,) = rows(tmp_path / name)
        row["provenance"] = [said for said in row["provenance"] if said[0] != "article_id"]
        told_by.append({name: row[name] for name in row if name not in ("article_id", "first_seen", "revision")})
    assert told_by[0] == told_by[1]


def test_both_are_known_under_either_id_and_the_address(tmp_path: Path) -> None:
    first = document()
    accept_all(tmp_path, [first, page()])
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.has_article(first.article_id)
        assert ledger.has_article("sina:kztest0000001")
        assert ledger.has_url(ADDRESS)
        assert not ledger.has_article("sina:kztest0000002")
        assert ledger.accept(page()) is Outcome.UNCHANGED
        assert ledger.accept(document(), replayed=True) is Outcome.UNCHANGED
        assert ledger.accept(page(text=f"{TEXT}\n更新：窗口周末也开。")) is Outcome.REVISED
        assert ledger.accept(document(), replayed=True) is Outcome.UNCHANGED
    assert accept_all(tmp_path, []) == []
    assert [(row["article_id"], row["revision"]) for row in rows(tmp_path)] == [(first.article_id, 3)]
    assert not audit(tmp_path).broken


def test_other_ids_stand_beside_the_locator_that_gave_the_id() -> None:
    page = article(1, provenance={"article_id": "function:docid_in_url"})
    assert aliases(page) == []
    both = with_alias(with_alias(page, "url:1"), "text:2")
    assert both.provenance["article_id"] == "function:docid_in_url; also url:1 text:2"
    assert aliases(both) == ["url:1", "text:2"]
    assert aliases(with_alias(article(1, provenance={}), "text:3")) == ["text:3"]


@pytest.mark.parametrize(
    "other",
    [
        document(seconds=60),
        document(with_replaced(TEXT, "九成=八成", "六十多=四十多", "27个=35个")),
        document(BULLETIN),
    ],
    ids=["another minute", "a sibling", "another text"],
)
def test_a_document_of_another_minute_or_text_is_another_article(tmp_path: Path, other: Article) -> None:
    outcomes = accept_all(tmp_path, [page(), other])
    assert outcomes[1] in (Outcome.STORED, Outcome.REPRINT)
    assert len(reprint_marks(tmp_path)) == 2


def test_documents_of_one_minute_and_text_are_one_article_and_two_pages_are_two(tmp_path: Path) -> None:
    other = document(f"{TEXT}\n本报讯记者发回。", seconds=1)
    for number, given in enumerate(permutations([document(), other, page()])):
        data = tmp_path / f"documents{number}"
        accept_all(data, [replace(one) for one in given])
        assert [folder for folder, *_ in reprint_marks(data).values()] == ["articles"]
        assert [row["url"] for row in rows(data)] == [ADDRESS]
        assert not audit(data).broken
    for number, pages in enumerate(permutations([document(), page(), page(2)])):
        accept_all(tmp_path / f"pages{number}", [replace(one) for one in pages])
        assert sorted(folder for folder, *_ in reprint_marks(tmp_path / f"pages{number}").values()) == [
            "articles",
            "reprints",
        ]


def test_a_short_page_is_not_the_long_document_that_it_was_cut_from(tmp_path: Path) -> None:
    cut = "\n".join(TEXT.split("\n")[:-1])
    for number, given in enumerate(permutations([document(), page(text=cut)])):
        data = tmp_path / str(number)
        accept_all(data, [replace(one) for one in given])
        assert {row["text"] for row in rows(data) + rows(data, "reprints")} == {TEXT, cut}


def test_what_a_document_told_outlives_the_revisions_of_its_page(tmp_path: Path) -> None:
    first = document(original_title="村口有了办事窗口", editor="何思远")
    outcomes = accept_all(
        tmp_path, [first, page(), page(text=f"{TEXT}\n更新。"), page(text=f"{TEXT}\n又更新。", editor="李远山")]
    )
    assert outcomes[1:] == [Outcome.REVISED] * 3
    (row,) = rows(tmp_path)
    assert (row["original_title"], row["editor"]) == ("村口有了办事窗口", "李远山")
    assert "editor" not in dict(row["provenance"])


def test_a_document_never_takes_the_place_of_its_page(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        for one in (page(), document(), page(text=BULLETIN)):
            ledger.accept(one)
        assert ledger.accept(document()) is Outcome.UNCHANGED, "though it is not replayed"


def test_the_ids_of_an_article_come_back_when_the_ledger_is_lost(tmp_path: Path) -> None:
    first = document()
    accept_all(tmp_path / "a", [page(), document()])
    accept_all(tmp_path / "b", [document(), page(), page(text=BULLETIN)])
    for name in ("a", "b"):
        (tmp_path / name / "ledger.sqlite").unlink()
        list(repair(tmp_path / name))
        assert not audit(tmp_path / name).broken
        with Ledger(tmp_path / name / "ledger.sqlite") as ledger:
            assert ledger.has_article(first.article_id)
            assert ledger.has_article("sina:kztest0000001")
            assert ledger.accept(document(), replayed=True) is Outcome.UNCHANGED


def test_a_page_whose_docid_is_read_later_is_known_by_its_address(tmp_path: Path) -> None:
    by_address = page(article_id="url:0123456789abcdef")
    assert accept_all(tmp_path, [by_address, page()]) == [Outcome.STORED, Outcome.UNCHANGED]
    assert accept_all(tmp_path, [page(text=BULLETIN)]) == [Outcome.REVISED]
    assert [row["article_id"] for row in rows(tmp_path)] == ["url:0123456789abcdef"]


def test_another_docid_under_a_known_address_is_another_article(tmp_path: Path) -> None:
    accept_all(tmp_path, [page(), page(2, BULLETIN, url=ADDRESS)])
    assert originals(tmp_path) == {1: None, 2: None}


def test_what_the_page_says_is_not_overwritten() -> None:
    whole = complete(page(), document(source="新京报", editor="何思远", keywords=["窗口"]))
    assert whole == page()


def test_a_post_read_back_is_the_document_of_its_page(tmp_path: Path) -> None:
    """What a run has written comes back through the replay of its own posts."""
    accept_all(tmp_path, [page()])
    (path,) = tmp_path.rglob("*.md")
    again = identify(normalize(clean(loads(path.read_text("utf-8"), name=path.name))))
    assert again.article_id.startswith("text:")
    assert accept_all(tmp_path, [again]) == [Outcome.UNCHANGED]
    assert dumps(page()) == path.read_text("utf-8")
