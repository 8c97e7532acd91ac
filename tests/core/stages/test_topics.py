"""Topics of government affairs in a text."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.core.documents.front_matter import loads
from govnews_spider.core.stages.clean import clean
from govnews_spider.core.stages.topics import topic_names, topics_of
from tests.support.needs_real import needs_real
from tests.support.real_paths import REAL

SEEDS = Path(__file__).parents[3] / "seeds"
LEXICON = tomllib.loads((files("govnews_spider.core") / "lexicon" / "topics.toml").read_text("utf-8"))["topic"]


@pytest.mark.parametrize("name", ["000_ea9ff66a1a944709.txt", "003_765698001f50274d.txt"])
def test_both_seeds_are_about_services_across_provinces(name: str) -> None:
    article = clean(loads((SEEDS / name).read_text("utf-8"), name=name))
    assert {"跨省通办", "政务服务", "营商环境"} <= set(topics_of(article.title, article.text))


@pytest.mark.parametrize("topic", LEXICON, ids=lambda topic: topic["name"])
def test_each_variant_in_a_title_gives_its_topic(topic: dict[str, Any]) -> None:
    for word in topic["words"]:
        assert topic["name"] in topics_of(f"关于{word}的通知", ""), word


@pytest.mark.parametrize("topic", [t for t in LEXICON if "not" in t], ids=lambda topic: topic["name"])
def test_a_longer_word_that_means_something_else_gives_no_topic(topic: dict[str, Any]) -> None:
    for word in topic["not"]:
        assert topic["name"] not in topics_of(f"{word}。", ""), word


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("国务院部署全面推行证照分离", ["放管服"]),
        ("多地下调公积金贷款利率", ["公积金", "房地产调控"]),
        ("公司拟以资本公积金转增股本", []),
        ("更大规模减税降费落地", ["税务", "民营经济"]),
        ("中国企业出海记", []),
        ("基金限购额度再收紧", []),
        ("PM2.5浓度下降", ["生态环保"]),
        ("美国CPI创新高", []),
        ("午评：一带一路板块活跃", []),
        ("光伏概念走强，高铁ETF放量", []),
        ("一带一路主题基金发行", []),
        ("优化营商环境主题宣传周启动", ["营商环境"]),
        ("政务服务主题式套餐上线", ["政务服务"]),
        ("乡村振兴主题展开幕", ["乡村振兴"]),
        ("某股限售股解禁", []),
        ("动力煤库存上升", ["能源"]),
        ("央行加息，汽油柴油价格上调", ["货币政策", "能源"]),
        ("三聚氰胺超标奶粉下架", ["食品药品"]),
        ("廉租房与经济适用房并轨", ["房地产调控"]),
        ("铁道部公布春运方案", ["交通"]),
        ("营改增试点扩围", ["税务"]),
        ("股权分置改革启动", ["资本市场"]),
    ],
)
def test_titles(title: str, expected: list[str]) -> None:
    assert topics_of(title, "") == expected


def test_one_passing_mention_in_a_text_is_no_topic_and_several_are() -> None:
    filler = "这家工厂去年扩建了两条生产线，订单排到明年。" * 60
    once = filler + "经理说当地的医保窗口很方便。"
    assert topics_of("一家工厂的四季", once) == []
    assert topics_of(
        "一家工厂的四季", once + "医保报销比例提高，医保目录扩容，异地就医直接结算，医保电子凭证普及。"
    ) == ["医保"]


def test_a_long_text_must_speak_of_a_topic_more_often_than_a_short_one() -> None:
    said = "义务教育学校划片，教育局发布招生办法。"
    assert "教育" in topics_of("开学", said)
    assert "教育" not in topics_of("开学", said + "他回忆了往事，也谈到家人与朋友。" * 600)


def test_weak_words_alone_make_no_topic() -> None:
    assert topics_of("一天", "医生在医院看患者，诊疗疾病。" * 20) == []


def test_of_market_news_from_abroad_only_the_title_decides() -> None:
    text = "央行、货币政策与流动性是市场关注的焦点，货币政策声明将于今晚发布，降准预期升温。"
    assert "货币政策" in topics_of("资金面观察", text)
    assert topics_of("美股小幅收低", text) == []


def test_of_a_market_report_the_text_gives_the_capital_market_alone_and_of_a_filing_nothing() -> None:
    text = (
        "A股回暖，沪深两市放量，券商走强，创业板领涨，上证指数收高。消息面上，商务部谈外贸，外贸数据与自贸区方案公布。"
    )
    assert "外贸" in topics_of("一周要闻", text)
    assert topics_of("收评：量能放大", text) == ["资本市场"]
    assert topics_of("丰叶股份有限公司季度报告", text) == []


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("人社部公布人力资源市场季度报告", ["就业"]),
        ("去年工作年度报告公开", ["就业"]),
        ("丰叶公司独立董事年度报告", []),
        ("600000：季度报告", []),
        ("商务部回应特朗普言论", ["就业"]),
        ("国资委批复：丰叶股份有限公司改制", ["就业"]),
        ("丰叶股份有限公司：收到财政部批复", []),
        ("美国商务部与白宫谈判", []),
        ("特朗普政府关门", []),
        ("欧洲央行按兵不动", []),
        ("白宫表态，中国商务部回应", ["就业"]),
    ],
)
def test_a_chinese_office_in_the_title_lets_the_text_speak(title: str, expected: list[str]) -> None:
    text = "就业形势稳定，失业率回落，高校毕业生就业率提高，多地举办招聘会，稳就业措施发力。"
    assert [name for name in topics_of(title, text) if name == "就业"] == expected


def test_two_mentions_in_passing_are_no_topic_of_a_short_text() -> None:
    assert topics_of("一家中介的三年", "买家须连续缴纳社会保险，社保断缴的不能网签。") == []


def test_topics_come_in_the_order_of_the_lexicon_and_once() -> None:
    assert topics_of("教育部谈营商环境、跨省通办与跨省通办专窗", "") == ["跨省通办", "营商环境", "教育"]


def test_the_lexicon_names_each_topic_once_and_no_variant_is_also_forbidden() -> None:
    assert len(set(topic_names())) == len(topic_names()) == len(LEXICON)
    for topic in LEXICON:
        spellings = [*topic["words"], *topic.get("weak", []), *topic.get("not", [])]
        assert len(spellings) == len(set(spellings)), topic["name"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=200))
def test_any_text_gives_known_topics_in_order(title: str, text: str) -> None:
    names = topic_names()
    found = topics_of(title, text)
    assert found == [name for name in names if name in found]


@needs_real
def test_hand_labelled_texts_are_read_at_85_percent_precision_and_90_percent_recall() -> None:
    """The labels were given before the lexicon was tuned; ``unsure`` topics do not count."""
    labels = json.loads((Path(__file__).parent / "topic_labels.json").read_text("utf-8"))
    lines = (REAL / "corpus" / "roll2509_texts.jsonl").read_text("utf-8").splitlines()
    texts = {row["idx"]: row for row in map(json.loads, lines)}
    right = wrong = missing = 0
    for index, label in labels.items():
        got, expected = set(topics_of(texts[int(index)]["title"], texts[int(index)]["text"])), set(label["topics"])
        right += len(got & expected)
        wrong += len(got - expected - set(label["unsure"]))
        missing += len(expected - got)
    assert right / (right + wrong) >= 0.85
    assert right / (right + missing) >= 0.90
