"""A filter of keys, and the index of texts that asks it: nothing that was kept is ever missed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.core.dedup.fingerprint import BANDS, KEY_BITS
from govnews_spider.core.dedup.identity import Fingerprint
from govnews_spider.ledger import near_duplicates
from govnews_spider.ledger.key_filter import KeyFilter
from govnews_spider.ledger.near_duplicates import FingerprintIndex
from govnews_spider.ledger.schema import connect

KEYS = st.lists(st.integers(0, 2**KEY_BITS - 1), max_size=200)


@given(KEYS, KEYS)
@settings(max_examples=60)
def test_what_was_added_is_always_found_also_after_it_was_kept(added: list[int], others: list[int]) -> None:
    one = KeyFilter(keys=1000)
    one.add(added)
    again = KeyFilter(one.kept())
    again.add(others)
    for kept in (one, again):
        assert [key for key in added if key not in kept.maybe(added)] == []
    assert again.room == one.room
    assert set(again.maybe(others)) == set(others)


def test_few_of_those_that_were_not_added_are_found() -> None:
    rng = random.Random(3)
    kept = KeyFilter(keys=200_000)
    kept.add(rng.randrange(2**KEY_BITS) for _ in range(200_000))
    assert len(kept.maybe([rng.randrange(2**KEY_BITS) for _ in range(20_000)])) < 20_000 / 7


def test_a_text_is_found_by_any_key_wherever_its_keys_have_gone_by_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys in memory, in the small table and in the large one; the filter outgrown more than once, the ledger opened anew."""
    monkeypatch.setattr(near_duplicates, "FRESH", 10)
    monkeypatch.setattr(near_duplicates, "RECENT", 40)
    monkeypatch.setattr("govnews_spider.ledger.key_filter._SMALLEST", 10)
    rng = random.Random(5)
    traces = [
        Fingerprint(rng.randbytes(16), [rng.randrange(2**KEY_BITS) for _ in range(BANDS)], rng.randbytes(40))
        for _ in range(333)
    ]
    db = connect(tmp_path / "ledger.sqlite")
    index = FingerprintIndex(db)
    for number, one in enumerate(traces, 1):
        assert index.add(one, index.candidates(one)[1]) == number
        if number % 77 == 0:
            index = FingerprintIndex(db)
    assert {
        name: db.execute(f"SELECT count(*) > 0 FROM {name}").fetchone()[0] for name in ("fresh", "recent", "bands")
    } == {
        "fresh": 1,
        "recent": 1,
        "bands": 1,
    }
    for opened in (index, FingerprintIndex(db)):
        for number, one in enumerate(traces, 1):
            key = rng.choice(one.bands)
            near = Fingerprint(b"", [key, *(rng.randrange(2**KEY_BITS) for _ in range(BANDS - 1))], one.digest)
            assert opened.candidates(near)[0] == [number]
    db.close()
