from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.article import Article
from govnews_spider.ledger.export import export
from govnews_spider.ledger.identities import Validators
from govnews_spider.ledger.ledger import Ledger, Outcome
from govnews_spider.ledger.schema import MIGRATIONS, connect
from govnews_spider.storage.errors import StorageError
from tests.support.rows import NOON, article, full

DAY = date(2021, 11, 25)


class Recorder:
    """A writer that keeps the calls it gets."""

    weight = 0

    def __init__(self) -> None:
        self.calls: list[tuple[str, date, list[tuple[str, int]] | list[str]]] = []

    def write(self, day: date, articles: Sequence[Article]) -> None:
        self.calls.append(("write", day, [(one.article_id, one.revision) for one in articles]))

    def remove(self, day: date, article_ids: Collection[str]) -> None:
        self.calls.append(("remove", day, list(article_ids)))

    def flush(self) -> None:
        """What it keeps is safe at once."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger(path) as opened:
        yield opened


def test_an_accepted_article_is_known_to_the_next_process_that_opens_the_ledger(path: Path) -> None:
    with Ledger(path) as first:
        assert not first.has_article("sina:kztest0000001")
        assert first.accept(full(1)) is Outcome.STORED
    with Ledger(path) as second:
        assert second.has_article("sina:kztest0000001")
        assert not second.has_article("sina:kztest0000002")


def test_an_article_is_committed_when_accept_returns_though_nobody_closes_the_ledger(path: Path) -> None:
    unclosed = Ledger(path)
    unclosed.accept(full(1))
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT count(*) FROM identities").fetchone() == (1,)
        assert other.execute("SELECT count(*) FROM outbox").fetchone() == (1,)
    unclosed.close()


def test_what_leaves_for_the_files_was_synchronized_to_the_disk_before(ledger: Ledger) -> None:
    """A power cut may take back the last commits, but never what the files have already."""
    done: list[str] = []
    ledger.accept(article(1))
    ledger._db.set_trace_callback(done.append)

    class Files(Recorder):
        def write(self, day: date, articles: Sequence[Article]) -> None:
            done.append("files")

    assert export(ledger, [Files()]) == []
    safe = done.index("PRAGMA synchronous = FULL")
    committed = done.index("UPDATE durable SET commits = commits + 1")
    assert safe < committed < done.index("PRAGMA synchronous = NORMAL") < done.index("files")


def test_every_address_of_an_article_is_known_the_fetched_one_too(ledger: Ledger) -> None:
    mobile = "https://finance.sina.cn/2021-11-25/detail-ikztest0000001.d.html"
    ledger.accept(full(1, origin=mobile))
    assert ledger.has_url("https://finance.sina.com.cn/china/2021-11-25/doc-ikztest0000001.shtml")
    assert ledger.has_url(mobile)
    ledger.accept(full(1, url="https://finance.sina.com.cn/roll/2021-11-25/doc-ikztest0000001.shtml"))
    assert ledger.has_url("https://finance.sina.com.cn/roll/2021-11-25/doc-ikztest0000001.shtml"), "unchanged, new URL"


def test_an_origin_that_is_no_address_is_not_kept_as_one(ledger: Ledger) -> None:
    ledger.accept(article(1, origin="warc:pages.warc.gz#1"))
    assert not ledger.has_url("warc:pages.warc.gz#1")


def test_the_same_article_again_is_unchanged_and_only_last_seen_moves(ledger: Ledger) -> None:
    first = full(1)
    ledger.accept(first)
    export(ledger, [])
    before = ledger._db.execute("SELECT first_seen, last_seen, revision FROM identities").fetchone()
    again = full(1, run_id="20211127T000000Z")
    assert ledger.accept(again) is Outcome.UNCHANGED
    after = ledger._db.execute("SELECT first_seen, last_seen, revision FROM identities").fetchone()
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1] > before[1]
    assert (again.revision, again.first_seen) == (1, first.first_seen)
    assert list(ledger.pending()) == []


@pytest.mark.parametrize(
    "changed", [full(1, text="窗口明起受理。"), full(1, days=1 / 24)], ids=["other text", "other publication time"]
)
def test_changed_content_or_time_is_a_revision(ledger: Ledger, changed: Article) -> None:
    first = full(1)
    ledger.accept(first)
    assert ledger.accept(changed) is Outcome.REVISED
    assert (first.revision, changed.revision) == (1, 2)
    assert changed.first_seen == first.first_seen
    assert [one.revision for batch in ledger.pending() for one in batch.articles] == [1, 2]


def test_the_same_moment_in_another_zone_is_no_change(ledger: Ledger) -> None:
    shanghai = timezone(timedelta(hours=8))
    ledger.accept(article(1, published_at=NOON))
    assert ledger.accept(article(1, published_at=NOON.astimezone(shanghai))) is Outcome.UNCHANGED


def test_a_text_that_comes_back_is_a_third_revision(ledger: Ledger) -> None:
    outcomes = [ledger.accept(article(1, text=text)) for text in ("一稿。", "二稿。", "一稿。")]
    assert outcomes == [Outcome.STORED, Outcome.REVISED, Outcome.REVISED]


def test_replaying_two_versions_of_one_article_settles(ledger: Ledger) -> None:
    def replay() -> list[Outcome]:
        return [ledger.accept(article(1, text=text), replayed=True) for text in ("一稿。", "二稿。")]

    assert replay() == [Outcome.STORED, Outcome.REVISED]
    assert replay() == replay() == [Outcome.UNCHANGED, Outcome.UNCHANGED]


def test_what_a_wrong_clock_dated_ahead_is_not_remembered_for_ever(ledger: Ledger) -> None:
    ledger.skip("https://finance.sina.com.cn/a.shtml", "http_404", "0.1.0")
    ledger._db.execute("UPDATE refusals SET at = '2199-01-01T00:00:00+00:00'")
    assert ledger.skipped("https://finance.sina.com.cn/a.shtml", "0.1.0") is None


def test_the_validators_of_an_address_are_those_of_its_last_answer(ledger: Ledger) -> None:
    first, second = Validators('"a1"', None), Validators(None, "Thu, 25 Nov 2021 01:00:00 GMT")
    address = "https://finance.sina.com.cn/china/2021-11-25/doc-ikztest0000001.shtml"
    for validators in (first, second, Validators()):
        ledger.accept(replace(article(1), origin=address), validators=validators)
        assert ledger.validators(address) == validators
    assert ledger.validators("https://finance.sina.com.cn/other.shtml") == Validators()


def test_an_address_that_has_not_changed_touches_last_seen_only(ledger: Ledger) -> None:
    address = "https://finance.sina.com.cn/china/2021-11-25/doc-ikztest0000001.shtml"
    ledger.accept(replace(article(1), origin=address))
    ledger._db.row_factory = sqlite3.Row
    before = dict(ledger._db.execute("SELECT * FROM identities").fetchone())
    ledger.mark_seen(address)
    after = dict(ledger._db.execute("SELECT * FROM identities").fetchone())
    assert after.pop("last_seen") > before.pop("last_seen")
    assert after == before


def test_a_run_that_never_ended_is_told_to_the_next_one_once(ledger: Ledger) -> None:
    now = datetime.now(UTC)
    assert ledger.begin_run("1-killed", "sina_gov", now) == []
    assert ledger.begin_run("2-ended", "sina_gov", now) == ["1-killed"]
    ledger.end_run("2-ended", now, 0, "{}")
    assert ledger.begin_run("3", "seeds", now) == []


def test_a_refusal_is_remembered_for_its_scope_and_for_a_week(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.skip("https://finance.sina.com.cn/a.shtml", "http_404", "0.1.0")
    assert ledger.skipped("https://finance.sina.com.cn/a.shtml", "0.1.0") == "http_404"
    assert ledger.skipped("https://finance.sina.com.cn/a.shtml", "0.2.0") is None
    assert ledger.skipped("https://finance.sina.com.cn/b.shtml", "0.1.0") is None
    monkeypatch.setattr("govnews_spider.ledger.ledger.SKIPPED_FOR", timedelta(0))
    assert ledger.skipped("https://finance.sina.com.cn/a.shtml", "0.1.0") is None


def test_one_process_at_a_time_holds_a_folder_and_a_dead_one_none(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    code = f"import time; from pathlib import Path; from govnews_spider.ledger.ledger import Ledger; x = Ledger(Path({str(path)!r})); print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StorageError, match=rf"ledger_held: .*process {other.pid} "):
            Ledger(path)
        other.kill()
    Ledger(path).close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"data_unusable: .*file"):
        Ledger(tmp_path / "file" / "ledger.sqlite")


def test_first_seen_is_the_time_of_acceptance(ledger: Ledger) -> None:
    before = datetime.now(UTC)
    stored = article(1)
    ledger.accept(stored)
    assert stored.first_seen is not None
    assert before <= stored.first_seen <= datetime.now(UTC)


def test_the_outbox_gives_back_the_whole_article_with_aware_times_and_microseconds(ledger: Ledger) -> None:
    sent = full(1, similarity=0.1 + 0.2, title='“引号” \\ " \n\0 𠮷')
    ledger.accept(sent)
    (batch,) = ledger.pending()
    assert batch.articles == [sent]
    assert batch.articles[0].published_at.microsecond == NOON.microsecond
    assert batch.articles[0].published_at.tzinfo is UTC


def test_batches_are_days_of_shanghai_not_of_utc(ledger: Ledger) -> None:
    late = datetime(2021, 11, 25, 16, 30, tzinfo=UTC)  # half past midnight of the 26th in Shanghai
    ledger.accept(article(1, published_at=late - timedelta(hours=1)))
    ledger.accept(article(2, published_at=late))
    assert [batch.day for batch in ledger.pending()] == [DAY, DAY + timedelta(days=1)]


def test_an_export_hands_over_revisions_in_their_order_and_one_day_at_a_time(ledger: Ledger) -> None:
    for one in (
        article(1),
        article(2),
        article(3, days=-1),
        article(1, text="二稿。"),
        article(1, text="三稿。", days=1),
    ):
        ledger.accept(one)
    recorder = Recorder()
    assert export(ledger, [recorder]) == []
    one, two, three = (article(n).article_id for n in (1, 2, 3))
    assert recorder.calls == [
        ("write", DAY - timedelta(days=1), [(three, 1)]),
        ("write", DAY, [(one, 1), (two, 1)]),
        ("write", DAY, [(one, 2)]),
        ("write", DAY + timedelta(days=1), [(one, 3)]),
        ("remove", DAY, [one]),
    ]
    recorder.calls.clear()
    assert (export(ledger, [recorder]), recorder.calls) == ([], [])


@pytest.mark.parametrize(
    ("error", "slug", "left"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full", [-1, 0, 1]),
        (OSError(errno.EROFS, "Read-only file system"), "read_only", [-1, 0, 1]),
        (OSError(errno.EIO, "Input/output error"), "disk_failed", [-1, 0, 1]),
        (StorageError("damaged_day_file", "2021-11-25.parquet"), "damaged_day_file", [0]),
    ],
    ids=str,
)
def test_a_failing_writer_leaves_its_batch_in_the_outbox_and_holds_up_others_only_where_the_disk_fails(
    ledger: Ledger, error: Exception, slug: str, left: list[int]
) -> None:
    class Failing(Recorder):
        def write(self, day: date, articles: Sequence[Article]) -> None:
            if day == DAY:
                raise error

    for days in (-1, 0, 1):
        ledger.accept(article(days + 2, days=days))
    assert [fault.slug for fault in export(ledger, [Recorder(), Failing()])] == [slug]
    assert [batch.day for batch in ledger.pending()] == [DAY + timedelta(days=days) for days in left]
    assert export(ledger, [Recorder()]) == []
    assert list(ledger.pending()) == []


def test_an_article_accepted_during_an_export_is_not_cleared_with_its_day(ledger: Ledger) -> None:
    class Late(Recorder):
        def write(self, day: date, articles: Sequence[Article]) -> None:
            ledger.accept(article(2))

    ledger.accept(article(1))
    assert export(ledger, [Late()]) == []
    assert [one.article_id for batch in ledger.pending() for one in batch.articles] == [article(2).article_id]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (article(1, article_id=""), "no_article_id: warc:pages.warc.gz#1"),
        (article(1, published_at=NOON.replace(tzinfo=None)), "naive_time"),
        (article(1, fetched_at=NOON.replace(tzinfo=None)), "naive_time"),
        (article(1, title="半个字\ud842"), "surrogates not allowed"),
    ],
    ids=["no id", "naive publication time", "naive fetch time", "lone surrogate"],
)
def test_what_no_writer_could_write_is_refused_whole(ledger: Ledger, bad: Article, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ledger.accept(bad)
    assert not ledger.has_article(bad.article_id)
    assert list(ledger.pending()) == []
    assert ledger.accept(article(2)) is Outcome.STORED, "the ledger goes on"


def test_a_ledger_of_a_newer_version_is_left_alone(path: Path) -> None:
    Ledger(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StorageError, match=r"^ledger_too_new: .*ledger\.sqlite"):
        Ledger(path)


def test_a_ledger_is_migrated_step_by_step_and_keeps_its_rows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger(path) as old:
        old.accept(article(1))
    added = "CREATE TABLE topics (name TEXT NOT NULL);"
    monkeypatch.setattr("govnews_spider.ledger.schema.MIGRATIONS", (*MIGRATIONS, added))
    with Ledger(path) as new:
        assert new.has_article(article(1).article_id)
        assert new._db.execute("SELECT count(*) FROM topics").fetchone() == (0,)
        assert new._db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)


def recount(db: sqlite3.Connection) -> list[tuple[str, int, int, int]]:
    """What ``tallies`` has to say: day, articles, reprints, former revisions."""
    return db.execute(
        "SELECT day, sum(duplicate_of IS NULL), sum(duplicate_of IS NOT NULL), sum(revision - 1) FROM identities GROUP BY 1"
    ).fetchall()


CHANGES = (
    "INSERT INTO identities (article_id, content_hash, published_at, day, revision, first_seen, last_seen)"
    " VALUES (:id, '', '', :day, :revision, '', '')"
    " ON CONFLICT DO UPDATE SET day = :day, revision = :revision, duplicate_of = NULL",
    "UPDATE identities SET duplicate_of = 'sina:a' WHERE article_id = :id",
    "UPDATE identities SET duplicate_of = 'sina:b', day = :day WHERE article_id = :id",
    "UPDATE identities SET duplicate_of = NULL WHERE day = :day",
    "UPDATE identities SET last_seen = :day",
    "DELETE FROM identities WHERE article_id = :id",
    "DELETE FROM identities WHERE day = :day",
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(CHANGES),
            st.sampled_from("abc"),
            st.sampled_from(["2021-11-25", "2022-01-01"]),
            st.integers(1, 4),
        ),
        max_size=25,
    )
)
def test_the_tallies_of_the_days_say_what_a_count_of_the_identities_would(
    changes: list[tuple[str, str, str, int]],
) -> None:
    with closing(connect(Path(":memory:"))) as db:
        for sql, article_id, day, revision in changes:
            db.execute(sql, {"id": article_id, "day": day, "revision": revision})
        told = db.execute("SELECT * FROM tallies ORDER BY day").fetchall()
        assert told == recount(db)


def test_a_ledger_of_before_the_tallies_gets_them_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.sqlite"
    with monkeypatch.context() as former:
        former.setattr("govnews_spider.ledger.schema.MIGRATIONS", MIGRATIONS[:4])
        with closing(connect(path)) as db:
            for number in range(5):
                named = {"id": f"sina:{number}", "day": f"2021-11-2{number % 2}", "revision": number + 1}
                db.execute(CHANGES[0], named)
            db.execute(CHANGES[1], {"id": "sina:3"})
    with closing(connect(path)) as db:
        assert db.execute("SELECT * FROM tallies").fetchall() == recount(db) != []


def test_a_failed_migration_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger(path).close()
    broken = "CREATE TABLE topics (name TEXT); CREATE TABLE topics (name TEXT);"
    monkeypatch.setattr("govnews_spider.ledger.schema.MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(StorageError, match=r"^ledger_failed: .*already exists"):
        Ledger(path)
    monkeypatch.undo()
    Ledger(path).close()


def test_a_file_that_is_no_ledger_is_named_and_not_overwritten(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, though it has the name of one. " * 100)
    with pytest.raises(
        StorageError, match=r"^ledger_damaged: .*ledger\.sqlite: file is not a database; `scrapy verify --repair`"
    ):
        Ledger(path)
    assert path.read_bytes().startswith(b"not a database")


def test_a_path_that_cannot_be_opened_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StorageError, match=r"^cannot_open: .*unable to open"):
        Ledger(path)
