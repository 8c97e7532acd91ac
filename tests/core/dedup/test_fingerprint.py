"""Fingerprints of texts: the parts that are compared, and the keys by which near-duplicates find each other."""

from __future__ import annotations

import random
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.core.dedup.fingerprint import (
    BANDS,
    KEY_BITS,
    LIKELY,
    ROWS,
    SHORTEST,
    band_keys,
    digest,
    grams,
    letters,
    likeness,
    normalized_text,
    sketch,
)
from tests.support.texts import TEXT, common_keys, sketch_of


@pytest.mark.parametrize(
    "line",
    [
        "原标题：把窗口搬到村口",
        "来源：经济日报",
        "（文章来源：证券时报网）",
        "图片来源：视觉中国",
        "▲资料图    图片来源：视觉中国",
        "编辑 林晓 校对 许莉",
        "文字编辑：谢佳",
        "责任编辑：何思远 SF012",
        "作 者：周立军 一位观察者",
        "新华社记者 王晓峰 摄",
        "免责声明：自媒体综合提供的内容均源自自媒体，版权归原作者所有，转载请联系原作者并获许可。文章观点仅代表作者本人。",
    ],
)
def test_a_line_that_credits_labels_or_disclaims_is_not_compared(line: str) -> None:
    assert normalized_text(f"{line}\n{TEXT}\n{line}") == normalized_text(TEXT)


@pytest.mark.parametrize(
    "line",
    [
        "来源于西部的水电占全省用电的三成。这一比例十年前只有一成。",
        "编辑部设在成都的这家杂志，去年卖出了十二万册。",
        "摄影爱好者说，他拍到的江豚比去年多。",
    ],
)
def test_a_sentence_that_begins_like_a_credit_is_compared(line: str) -> None:
    assert letters(normalized_text(line)) == letters(line)


def test_width_case_and_spaces_do_not_count_but_those_between_figures_do() -> None:
    assert normalized_text("ＡＩ 产业　增长１２．５％，\n\n  共 3 家") == "ai产业增长12.5%,\n共3家"
    assert normalized_text("铜\t68 120\t68 240") == "铜68 120\t68 240"


def test_punctuation_does_not_count_in_a_sketch() -> None:
    changed = TEXT.replace("，", ",").replace("。", ".").replace("“", '"').replace("”", '"')
    assert band_keys(sketch_of(changed)) == band_keys(sketch_of(TEXT))


def test_a_text_too_short_for_near_duplicates_has_no_sketch() -> None:
    assert sketch("税" * (SHORTEST - 1)) is None
    assert sketch("，" * 500) is None
    assert sketch("税" * SHORTEST) is not None


def test_the_keys_are_the_same_in_every_run_and_on_every_machine() -> None:
    """They are stored: a change of them makes every ledger blind to what it knows."""
    assert band_keys(sketch_of(TEXT))[:3] == [56354369863159, 3502572029077, 259765873315580]


def test_a_text_has_one_key_a_band_and_each_fits_six_bytes() -> None:
    keys = band_keys(sketch_of(TEXT))
    assert len(keys) == BANDS
    assert all(0 <= key < 2**KEY_BITS for key in keys)
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE bands (key INTEGER, id INTEGER, PRIMARY KEY (key, id)) WITHOUT ROWID")
    database.executemany("INSERT INTO bands VALUES (?, 1)", [(key,) for key in keys])
    assert sorted(key for (key,) in database.execute("SELECT key FROM bands")) == sorted(keys)


def test_equal_minima_in_two_bands_give_two_keys() -> None:
    """The band's number is part of a key: else the bands of one text would answer for each other."""
    alike = sketch_of(TEXT).copy()
    alike[:] = alike[0]
    assert len(set(band_keys(alike))) == BANDS


@pytest.mark.parametrize("left", [0.4, 0.6, 0.9])
def test_a_text_of_which_the_rest_was_cut_shares_keys(left: float) -> None:
    paragraphs = [TEXT.replace("赣州", f"{'甲乙丙丁戊己庚辛'[n]}州").replace("三个", f"{n + 2}个") for n in range(4)]
    text = "\n".join(paragraphs)
    assert common_keys(text[: round(left * len(text))], text) >= 2


def test_a_text_with_one_letter_in_ten_changed_shares_keys() -> None:
    rng = random.Random(3)
    signs = list(TEXT)
    for place in rng.sample(range(len(signs)), len(signs) // 10):
        signs[place] = chr(rng.randrange(0x4E00, 0x9FA5))
    assert common_keys("".join(signs), TEXT) >= 1


def test_texts_on_other_events_share_no_key() -> None:
    other = """国家统计局17日发布的数据显示，三季度国内生产总值同比增长4.9%，两年平均增长4.9%。
分产业看，第一产业增加值51430亿元，同比增长7.4%；第二产业增加值320940亿元，增长10.6%。
付凌晖说，当前国际环境不确定因素增多，国内经济恢复仍不稳固、不均衡，要做好跨周期调节。"""
    assert common_keys(TEXT, other) == 0


def test_digests_tell_how_alike_two_texts_are() -> None:
    half = TEXT[: len(TEXT) // 2]
    other = "".join(random.Random(5).sample(TEXT, len(TEXT)))
    assert len(digest(sketch_of(TEXT))) == BANDS * ROWS
    same, less, none = likeness(digest(sketch_of(TEXT)), [digest(sketch_of(text)) for text in (TEXT, half, other)])
    assert same == pytest.approx(1)
    assert less == pytest.approx(0.5, abs=0.2)
    assert none < LIKELY
    assert likeness(digest(sketch_of(TEXT)), []) == []


@given(st.text(max_size=300), st.integers(1, 6))
@settings(max_examples=100)
def test_there_is_a_hash_for_every_run_of_characters_and_equal_runs_have_equal_ones(text: str, length: int) -> None:
    hashes = grams(text, length).tolist()
    runs = [text[at : at + length] for at in range(len(text) - length + 1)]
    assert len(hashes) == len(runs)
    assert len(set(hashes)) == len(set(runs))


@given(st.text(max_size=300))
@settings(max_examples=100)
def test_any_text_can_be_fingerprinted(text: str) -> None:
    sketched = sketch(normalized_text(text))
    assert sketched is None or len(band_keys(sketched)) == BANDS
