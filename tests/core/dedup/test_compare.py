"""Two texts: is one a reprint of the other, a sibling out of the same series, or something else?"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.planting import REPRINTS
from govnews_spider.core.dedup.compare import ComparableText, Comparison, compare_texts
from govnews_spider.core.dedup.fingerprint import band_keys, normalized_text, sketch
from tests.support.needs_real import needs_real
from tests.support.real_paths import REAL
from tests.support.texts import BULLETIN, TEXT, with_replaced


def verdict(first: str, second: str) -> Comparison:
    """The verdict, the same from either side."""
    found = compare_texts(ComparableText.of(first), ComparableText.of(second))
    assert found == compare_texts(ComparableText.of(second), ComparableText.of(first)).turned
    return found


@pytest.mark.parametrize("kind", REPRINTS)
@pytest.mark.parametrize("text", [TEXT, BULLETIN], ids=["report", "bulletin"])
def test_each_kind_of_reprint_is_one(kind: str, text: str) -> None:
    rng = random.Random(7)
    planted = REPRINTS[kind](rng, text)
    assert planted is not None
    assert planted != text
    found = verdict(text, planted)
    assert found.kind == "reprint", found.reason


@pytest.mark.parametrize(
    ("sibling", "reason"),
    [
        (with_replaced(BULLETIN, "12例=9例", "7例=6例", "5例=3例", "86人=112人", "41例=50例"), "figures differ"),
        (with_replaced(BULLETIN, "11月3日=11月4日", "11月2日=11月3日"), "dates differ"),
        (with_replaced(BULLETIN, "11月2日24时=11月9日24时"), "dates differ"),
        (with_replaced(BULLETIN, "合肥市=芜湖市", "庐阳区=镜湖区", "蜀山区=弋江区"), "places differ"),
        (with_replaced(TEXT, "赣州=吉安", "信丰=遂川"), "places differ"),
        (with_replaced(TEXT, "九成=八成", "六十多=四十多", "27个=35个"), "figures differ"),
    ],
    ids=["numbers", "next day", "one date", "other city", "other city in prose", "Chinese numerals"],
)
def test_a_text_with_other_figures_dates_or_places_in_the_same_slots_is_a_sibling(sibling: str, reason: str) -> None:
    text = BULLETIN if "疾控中心" in sibling else TEXT
    found = verdict(text, sibling)
    assert found.kind == "sibling", found.reason
    assert reason in found.reason


def test_a_sibling_stays_one_when_a_paragraph_is_cut_and_lines_are_added() -> None:
    other = with_replaced(BULLETIN, "12例=9例", "7例=6例", "5例=3例", "86人=112人", "41例=50例")
    cut = "原标题：最新通报\n" + "\n".join(other.split("\n")[:-1]) + "\n来源：合肥晚报"
    assert verdict(BULLETIN, cut).kind == "sibling"


def test_a_corrected_figure_makes_no_other_piece_of_news() -> None:
    rows = "\n".join(f"{name}今日报价{price}元，较上周{change}元" for name, price, change in rows_of_prices())
    found = verdict(rows, with_replaced(rows, f"{rows_of_prices()[3][1]}=5004"))
    assert found.kind == "reprint"
    assert "31 of 32 dates, figures and places agree" in found.reason


def test_errors_all_over_a_text_make_no_sibling_although_they_hit_figures_too() -> None:
    """With a third of the text figures, changes at random put other figures into many slots; so many that it shows."""
    rows = "\n".join(f"{name}今日报价{price}元，较上周{change}元" for name, price, change in rows_of_prices())
    rng = random.Random(11)
    signs = list(rows)
    for place in rng.sample(range(len(signs)), len(signs) // 25):
        signs[place] = rng.choice(rows)
    assert verdict(rows, "".join(signs)).kind == "reprint"


def rows_of_prices() -> list[tuple[str, int, str]]:
    rng = random.Random(2)
    goods = "螺纹钢 热卷板 焦煤块 铁矿砂 电解铜 铝合金 锌锭子 镍铁块 豆粕粉 玉米粒 白砂糖 棉花包 橡胶片 玻璃板 纯碱粉 尿素粒"
    return [(name, rng.randrange(1000, 9000), f"上涨{rng.randrange(10, 99)}") for name in goods.split()]


def test_the_next_report_on_a_market_is_a_sibling_although_its_sentences_were_rewritten() -> None:
    background = "\n".join(f"{line}分析人士认为，{line}这也是市场关注的重点。" for line in TEXT.split("\n"))
    morning = f"开盘三大股指走高，沪指涨0.42%，报3534.12点，深成指涨0.61%，报14411.87点。\n{background}"
    noon = f"午间收盘时沪市微跌0.08%至3516.30，深市收于14367.60，跌幅0.17%，北向资金流出12.7亿。\n{background}"
    found = verdict(morning, noon)
    assert found.kind == "sibling"
    assert "figures that the other lacks" in found.reason


def test_a_report_written_separately_about_the_same_announcement_is_different() -> None:
    quoted = TEXT.split("\n")[3] + TEXT.split("\n")[4]
    first = f"记者从市里获悉，一份关于基层办事的成绩单近日公布，不少做法值得借鉴推广。\n{quoted}"
    second = f"{quoted}\n多位专家对本报表示，数字背后是编制与经费的重新分配，山区县的财力仍是最大的难题。"
    assert verdict(first, second).kind == "different"


def test_one_piece_of_news_among_others_is_no_reprint() -> None:
    rng = random.Random(1)
    others = "\n".join("".join(rng.choices(BULLETIN + TEXT, k=70)) for _ in range(10))
    found = verdict(TEXT, f"{BULLETIN}\n{TEXT}\n{others}")
    assert found.kind == "different"
    assert "of the longer" in found.reason
    assert found.similarity > 0.95


def swapped_goods() -> str:
    return "\n".join(
        f"{name}方面，厂商挂牌{price}元，{change}元，成交清淡。" for name, price, change in rows_of_prices()
    )


def test_texts_with_nothing_in_common_are_different() -> None:
    assert verdict(TEXT, "abcdefg") == ("different", 0.0, 0.0, "shingles 0.00 of the shorter")
    assert verdict("", "短").kind == "different"


@given(st.text(max_size=400), st.text(max_size=400))
@settings(max_examples=60)
def test_a_verdict_does_not_depend_on_which_text_is_first(first: str, second: str) -> None:
    assert 0 <= verdict(first, second).similarity <= 1


@given(st.permutations(TEXT.split("\n")), st.sampled_from(["\n", "\n\n", "\n\u3000\u3000"]))
@settings(max_examples=30)
def test_any_order_of_paragraphs_is_a_reprint(lines: list[str], between: str) -> None:
    assert verdict(TEXT, between.join(lines)).kind == "reprint"


def labelled(kind: Callable[[str], bool]) -> list[tuple[str, ComparableText, ComparableText]]:
    lines = (REAL / "corpus" / "roll2509_texts.jsonl").read_text("utf-8").splitlines()
    texts = [ComparableText.of(json.loads(line)["text"]) for line in lines]
    pairs = json.loads((REAL / "corpus" / "roll2509_pairs.json").read_text("utf-8"))
    return [(f"{p['a']}-{p['b']}", texts[p["a"]], texts[p["b"]]) for p in pairs if kind(p["label"])]


@needs_real
def test_every_real_reprint_is_found_by_its_keys_and_judged_one() -> None:
    for name, first, second in labelled("reprint".__eq__):
        keys = [
            set(band_keys(minima)) for text in (first, second) if (minima := sketch(text.normalized_text)) is not None
        ]
        assert len(keys) == 2, name
        assert keys[0] & keys[1], name
        assert compare_texts(first, second).kind == "reprint", name


@needs_real
def test_no_real_sibling_and_no_separate_report_is_merged() -> None:
    for name, first, second in labelled("reprint".__ne__):
        assert compare_texts(first, second).kind != "reprint", name


def test_what_is_compared_is_read_once() -> None:
    assert ComparableText.of(TEXT).normalized_text == normalized_text(TEXT)
