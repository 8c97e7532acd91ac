"""Reprints among the articles that a ledger accepts: marked, moved when what they repeat changes, the same whatever the order."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.planting import REPRINTS
from benchmarks.texts import many
from govnews_spider.article import Article, Image
from govnews_spider.core.stages.normalize import content_hash
from govnews_spider.ledger.export import export
from govnews_spider.ledger.ledger import Ledger, Outcome
from govnews_spider.ledger.reprint_groups import COPIES, HALF
from govnews_spider.verify.audit import audit
from govnews_spider.verify.repair import repair
from tests.support.reprints import accept_all, article_with, originals, reprint_marks
from tests.support.rows import writers
from tests.support.texts import BULLETIN, TEXT, common_keys, with_replaced

NEXT_DAY = with_replaced(BULLETIN, "11月3日=11月4日", "11月2日=11月3日", "12例=9例", "7例=6例", "5例=3例", "41例=50例")
STOCK = "".join(many(200, 3)).replace("\n", "")
NO_FIGURES = dict.fromkeys(map(ord, "0123456789〇零一二三四五六七八九十百千万亿两"))


@pytest.mark.parametrize("kind", REPRINTS)
def test_each_kind_of_reprint_is_marked_with_what_it_repeats_and_why(tmp_path: Path, kind: str) -> None:
    planted = REPRINTS[kind](random.Random(3), TEXT)
    assert planted is not None
    assert accept_all(tmp_path, [article_with(1, TEXT), article_with(2, planted, minutes=5)]) == [
        Outcome.STORED,
        Outcome.REPRINT,
    ]
    folder, of, similarity, reason = reprint_marks(tmp_path)["sina:kztest0000002"]
    assert (folder, of) == ("reprints", "sina:kztest0000001")
    assert similarity is not None
    assert 0.6 < similarity <= 1
    assert reason
    assert reprint_marks(tmp_path)["sina:kztest0000001"] == ("articles", None, None, None)
    assert [path.stem[-7:] for path in tmp_path.rglob("*.md")] == ["0000001"], "a reprint has no post"
    assert not audit(tmp_path).broken


def test_the_reason_says_whether_a_reprint_repeats_its_original_itself_or_by_way_of_another(tmp_path: Path) -> None:
    accept_all(tmp_path, [article_with(1, TEXT), article_with(2, f"{TEXT}\n（转载自江城晚报）", minutes=5)])
    reason = reprint_marks(tmp_path)["sina:kztest0000002"][3]
    assert reason is not None
    assert not reason.startswith("by way of")
    chain = next(
        reports for begin in range(0, 20_000, 60) if not common_keys((reports := rolling(6, begin))[0], reports[-1])
    )
    later = tmp_path / "chain"
    accept_all(later, [article_with(number, text, minutes=number) for number, text in enumerate(chain, 1)])
    reasons = [row[3] for article_id, row in sorted(reprint_marks(later).items()) if row[1] == "sina:kztest0000001"]
    direct = [text for text in reasons if text is not None and not text.startswith("by way of another reprint; ")]
    assert direct
    assert len(direct) < len(reasons), "the last of the chain is marked by way of another one"


def test_what_comes_later_and_was_published_before_is_the_first(tmp_path: Path) -> None:
    """Within one export and over two runs: rows move between the folders, their revisions stay."""
    accept_all(tmp_path, [article_with(3, TEXT, minutes=30), article_with(2, TEXT, minutes=20, title="转载")])
    assert originals(tmp_path) == {2: None, 3: 2}
    assert accept_all(tmp_path, [article_with(1, TEXT, minutes=10)]) == [Outcome.STORED]
    assert originals(tmp_path) == {1: None, 2: 1, 3: 1}
    assert [path.stem[-7:] for path in tmp_path.rglob("*.md")] == ["0000001"]
    assert not list((tmp_path / "revisions").rglob("*.parquet"))
    assert not audit(tmp_path).broken


def test_the_next_bulletin_of_a_series_is_no_reprint_and_its_own_reprint_is_one_of_it(tmp_path: Path) -> None:
    copy = f"{NEXT_DAY}\n来源：合肥晚报"
    assert accept_all(
        tmp_path,
        [article_with(1, BULLETIN), article_with(2, NEXT_DAY, minutes=1440), article_with(3, copy, minutes=1445)],
    ) == [
        *(Outcome.STORED, Outcome.STORED, Outcome.REPRINT),
    ]
    assert originals(tmp_path) == {1: None, 2: None, 3: 2}


def test_a_text_of_a_few_words_is_compared_whole_with_its_title_and_pictures(tmp_path: Path) -> None:
    brief, title = "详见下图。", "今日要闻"
    picture = [Image(url="https://n.sinaimg.cn/a/1.jpg")]
    one, same = article_with(1, brief, title=title), article_with(2, "详见下图", title="今日要闻！", minutes=1)
    other, shown = (
        article_with(3, brief, title="今日快讯", minutes=2),
        article_with(4, brief, title=title, images=picture, minutes=3),
    )
    accept_all(
        tmp_path,
        [one, same, other, shown, article_with(5, "", title=title), article_with(6, "", title=title, minutes=1)],
    )
    assert originals(tmp_path) == {1: None, 2: 1, 3: None, 4: None, 5: None, 6: None}


def test_a_revision_is_no_reprint_of_itself_and_frees_what_repeated_the_text_before(tmp_path: Path) -> None:
    accept_all(tmp_path, [article_with(1, TEXT), article_with(2, TEXT, minutes=1), article_with(3, TEXT, minutes=2)])
    assert accept_all(tmp_path, [article_with(1, f"{TEXT}\n（编者更新）")]) == [Outcome.REVISED]
    assert originals(tmp_path) == {1: None, 2: 1, 3: 1}
    assert accept_all(tmp_path, [article_with(1, BULLETIN)]) == [Outcome.REVISED]
    assert originals(tmp_path) == {1: None, 2: None, 3: 2}
    assert accept_all(tmp_path, [article_with(1, TEXT)]) == [Outcome.REVISED]
    assert originals(tmp_path) == {1: None, 2: 1, 3: 1}
    assert accept_all(tmp_path, [article_with(1, TEXT, minutes=9)]) == [Outcome.REVISED], "its time was corrected"
    assert originals(tmp_path) == {1: 2, 2: None, 3: 2}
    assert not audit(tmp_path).broken


def test_a_text_that_too_many_share_to_the_letter_says_nothing(tmp_path: Path) -> None:
    many = [article_with(number, TEXT, minutes=number / 60) for number in range(1, COPIES + 2)]
    accept_all(tmp_path, many[:-1])
    assert set(originals(tmp_path).values()) == {None, 1}
    accept_all(tmp_path, many[-1:])
    assert set(originals(tmp_path).values()) == {None}
    accept_all(tmp_path, [article_with(7, BULLETIN, minutes=7 / 60)])
    assert set(originals(tmp_path).values()) == {None, 1}


def rolling(count: int, begin: int = 0) -> list[str]:
    """Reports, each of twelve lines, of which the first one is gone in the next report and a new one has come."""
    news = [STOCK[at : at + 60] for at in range(begin, begin + 60 * (count + 12), 60)]
    return ["\n".join(news[number : number + 12]) for number in range(count)]


def test_rolling_reports_do_not_all_become_the_first(tmp_path: Path) -> None:
    reports = rolling(14)
    accept_all(tmp_path, [article_with(number, text, minutes=60 * number) for number, text in enumerate(reports, 1)])
    there = originals(tmp_path)
    assert there[2] == 1
    assert there[12] != 1
    for article_id, (folder, of, similarity, _) in reprint_marks(tmp_path).items():
        if folder == "reprints":
            assert similarity is not None
            assert similarity >= HALF, f"{article_id} repeats {of}"


def test_a_later_text_that_is_new_for_the_most_part_is_news(tmp_path: Path) -> None:
    """A flash that came before the full report, and the same two the other way round: a cut reprint."""
    flash = "\n".join(TEXT.split("\n")[:2])
    accept_all(tmp_path / "flash", [article_with(1, flash), article_with(2, TEXT, minutes=30)])
    assert originals(tmp_path / "flash") == {1: None, 2: None}
    accept_all(tmp_path / "cut", [article_with(1, TEXT), article_with(2, flash, minutes=30)])
    assert originals(tmp_path / "cut") == {1: None, 2: 1}


@pytest.mark.parametrize("order", ["oldest first", "newest first", "at random"])
def test_of_many_near_copies_all_are_found_whatever_the_order(tmp_path: Path, order: str) -> None:
    rng = random.Random(2)
    lines = ["".join(rng.sample(STOCK.translate(NO_FIGURES)[:3000], 25)) for _ in range(60)]
    copies = [article_with(number, f"{TEXT}\n{line}", minutes=number) for number, line in enumerate(lines, 1)]
    ordered = {"oldest first": copies, "newest first": copies[::-1], "at random": rng.sample(copies, len(copies))}
    accept_all(tmp_path, ordered[order])
    assert [number for number, of in originals(tmp_path).items() if of is None] == [1]


def test_a_pair_that_was_compared_for_the_sake_of_a_group_joins_nothing_when_the_group_is_gone(tmp_path: Path) -> None:
    """A chain of six reports, of which the first and the last share no key; one in the middle is revised away."""
    chain = next(
        reports for begin in range(0, 20_000, 60) if not common_keys((reports := rolling(6, begin))[0], reports[-1])
    )
    accept_all(tmp_path, [article_with(number, text, minutes=number) for number, text in enumerate(chain, 1)])
    assert originals(tmp_path) == {1: None} | dict.fromkeys(range(2, 7), 1)
    accept_all(tmp_path, [article_with(3, BULLETIN, minutes=3)])
    assert originals(tmp_path) == {1: None, 2: 1, 3: None, 4: None, 5: 4, 6: 4}


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_what_was_compared_with_rows_that_could_not_be_read_is_compared_by_a_repair(
    tmp_path: Path, damage: str
) -> None:
    accept_all(tmp_path, [article_with(1, TEXT), article_with(2, BULLETIN)])
    (path,) = (tmp_path / "articles").rglob("*.parquet")
    good = path.read_bytes()
    path.write_bytes(good[:-100]) if damage == "cut" else path.unlink()
    faults: list[str] = []
    with Ledger(tmp_path / "ledger.sqlite", lambda fault: faults.append(fault.slug)) as ledger:
        near = article_with(3, with_replaced(TEXT, "满意度=满意率"), minutes=1440)
        assert ledger.accept(near) is Outcome.STORED
        export(ledger, writers(tmp_path))
    assert set(faults) == {"damaged_day_file" if damage == "cut" else "row_missing"}
    path.write_bytes(good)
    assert audit(tmp_path).broken == {"text_unknown": 1}
    done = "\n".join(repair(tmp_path))
    assert "1 rows are marked anew" in done
    accept_all(tmp_path, [])
    assert originals(tmp_path) == {1: None, 2: None, 3: 1}
    assert not audit(tmp_path).broken


def pool() -> list[Article]:
    """Groups of several kinds: copies, cut texts, a series and its reprints, a text that holds two others, one of the same minute."""
    rng = random.Random(11)
    lines, bulletin = TEXT.split("\n"), BULLETIN.split("\n")
    planted = [
        REPRINTS[kind](rng, TEXT) or TEXT for kind in ("3 % changed", "source line added", "first paragraph cut")
    ]
    texts = [TEXT, *planted, TEXT, BULLETIN, NEXT_DAY, f"{NEXT_DAY}\n来源：新京报", "\n".join(bulletin[:-1])]
    texts += [f"{TEXT}\n{BULLETIN}", "\n".join(lines[1:-1]), BULLETIN]
    minutes = rng.sample(range(0, 4000, 200), len(texts) - 1)
    return [
        article_with(n, text, minutes=at)
        for n, (text, at) in enumerate(zip(texts, [*minutes, minutes[0]], strict=True), 1)
    ]


SIZE = len(pool())


@given(st.permutations(range(SIZE)), st.lists(st.booleans(), min_size=1, max_size=4), st.integers(0, SIZE))
@settings(max_examples=25, deadline=None)
def test_the_marks_are_the_same_whatever_the_order_and_whenever_rows_are_written(
    order: list[int], flushes: list[bool], cut: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        there, found = Path(name) / "in order", Path(name) / "in another"
        accept_all(there, pool())
        wanted = pool()
        accept_all(found, [wanted[number] for number in order[:cut]], flushes)
        accept_all(found, [wanted[number] for number in order[cut:]], flushes)
        assert reprint_marks(found) == reprint_marks(there)
        assert sum(folder == "reprints" for folder, *_ in reprint_marks(found).values()) >= 6
        assert not audit(found).broken


@given(st.permutations(range(12)))
@settings(max_examples=15, deadline=None)
def test_articles_that_came_to_their_texts_by_revisions_are_marked_as_if_they_never_had_others(
    order: list[int],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        there, found = Path(name) / "at once", Path(name) / "revised"
        accept_all(there, pool())
        drafts = pool()
        for number, one in enumerate(drafts):
            one.text = drafts[order[number]].text
            one.content_hash = content_hash(one.title, one.text) + "draft"
        accept_all(found, drafts)
        final = pool()
        accept_all(found, [final[number] for number in order])
        assert reprint_marks(found) == reprint_marks(there)


def test_the_marks_come_back_when_the_ledger_is_lost(tmp_path: Path) -> None:
    accept_all(tmp_path, pool())
    before = reprint_marks(tmp_path)
    (tmp_path / "ledger.sqlite").unlink()
    done = "\n".join(repair(tmp_path))
    assert f"the texts of {SIZE} articles are compared" in done
    assert not audit(tmp_path).broken
    assert "wait in the outbox" not in "\n".join(audit(tmp_path).remarks), "nothing is marked anew"
    assert accept_all(tmp_path, [article_with(30, TEXT, minutes=9000)]) == [Outcome.REPRINT], (
        "and what comes in finds it"
    )
    assert before.items() <= reprint_marks(tmp_path).items()


def test_articles_of_a_ledger_that_knew_no_texts_are_compared_by_a_repair(tmp_path: Path) -> None:
    accept_all(tmp_path, pool())
    before = reprint_marks(tmp_path)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as db, db:
        for table in ("texts", "fresh", "pairs"):
            db.execute(f"DELETE FROM {table}")
        db.execute("UPDATE identities SET text = NULL")
    assert audit(tmp_path).broken == {"text_unknown": SIZE}
    list(repair(tmp_path))
    assert not audit(tmp_path).broken
    assert reprint_marks(tmp_path) == before


def test_after_an_article_that_the_ledger_does_not_take_the_next_ones_are_right(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.accept(article_with(1, TEXT))
        with pytest.raises(UnicodeEncodeError):
            ledger.accept(article_with(2, f"{BULLETIN}\n{TEXT}", title="半个字\ud842"))
        ledger.accept(article_with(3, BULLETIN, minutes=2))
        assert ledger.accept(article_with(4, BULLETIN, minutes=3)) is Outcome.REPRINT
        assert ledger.accept(article_with(5, TEXT, minutes=4)) is Outcome.REPRINT
