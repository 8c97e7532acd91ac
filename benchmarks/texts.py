"""Texts to plant reprints into, real ones where they lie beside the project, else generated ones; and any number of texts like them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.running import ROOT
from govnews_spider.core import loads
from govnews_spider.core.dedup.fingerprint import grams, letters, normalized_text
from govnews_spider.core.stages.clean import clean
from tests.site.catalog import Catalog
from tests.support.real_paths import REAL

SHORTEST, LONGEST = 150, 12_000
"""Letters; an annual report says little about news."""
APART = 0.2
"""Share of the shorter text's runs of three characters above which two texts may have to do with each other: one of them is left out."""
BATCH = 2_000
JUMPING = 0.35
"""Share of letters that come from another place: at this one, as many runs of five are common as among the real texts."""
NEWLINE = ord("\n")


@cache
def unrelated() -> tuple[str, list[str]]:
    """What the texts are, in words, and texts of which none repeats another: so whatever is merged among them is merged wrongly."""
    name, texts = (
        ("real texts", list(_real()))
        if REAL.is_dir()
        else ("generated texts (no real ones at hand)", list(_generated()))
    )
    kept: list[str] = []
    known: list[NDArray[np.uint64]] = []
    for text in map(_tidy, texts):
        runs = np.unique(grams(letters(normalized_text(text)), 3))
        if SHORTEST <= len(text) <= LONGEST and all(_apart(runs, other) for other in known):
            kept.append(text)
            known.append(runs)
    return name, kept


def _apart(runs: NDArray[np.uint64], other: NDArray[np.uint64]) -> bool:
    common = len(np.intersect1d(runs, other, assume_unique=True))
    return common <= APART * min(len(runs), len(other))


def _tidy(text: str) -> str:
    return "\n".join(line.strip() for line in text.replace("　　", "\n").split("\n") if line.strip())


def _real() -> Iterator[str]:
    """The lists' texts, the articles of pages, and those of the documents."""
    corpus = REAL / "corpus"
    for line in (corpus / "roll2509_texts.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)["text"]
    for row in json.loads((corpus / "guapier_finance_201704.json").read_text("utf-8")):
        yield row["content"]
    for path in sorted((REAL / "gold").glob("*.json")):
        yield json.loads(path.read_text("utf-8"))["body_text"]
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        yield clean(loads(path.read_text("utf-8"), name=path.name)).text


def _generated() -> Iterator[str]:
    days = [date(2021, 11, 1) + timedelta(days=n) for n in range(30)]
    catalog = Catalog.generate(seed=7, lists=[1, 2, 3], days=days, count=400)
    return (article.text for article in catalog.articles)


def many(count: int, seed: int) -> Iterator[str]:
    """``count`` texts of 200 to 3,000 letters, whose every three letters in a row come from :func:`unrelated`, but hardly a sentence does.

    Each letter is followed by one that follows the same two letters somewhere there, all as likely as they are frequent.
    """
    signs = np.array([ord(sign) for sign in "\n".join(unrelated()[1])], np.uint32)
    pairs = signs[:-1].astype(np.uint64) << np.uint64(32) | signs[1:]
    order = np.argsort(pairs, kind="stable")
    _, group, sizes = np.unique(pairs, return_inverse=True, return_counts=True)
    starts = np.cumsum(sizes) - sizes
    rng = np.random.default_rng(seed)
    for begin in range(0, count, BATCH):
        lengths = np.clip(rng.lognormal(6.6, 0.6, min(BATCH, count - begin)), 200, 3_000).astype(int)
        place = rng.integers(0, len(pairs) - 1, len(lengths))
        letters = np.empty((len(lengths), int(lengths.max())), np.uint32)
        for step in range(letters.shape[1]):
            letters[:, step] = signs[place + 1]
            of = group[place]
            jump = order[starts[of] + (rng.random(len(of)) * sizes[of]).astype(int)]
            place = (np.where(rng.random(len(of)) < JUMPING, jump, place) + 1) % len(pairs)
        for row, length in zip(letters, lengths, strict=True):
            yield row[:length].tobytes().decode("utf-32-le")


def bulletins(rng: random.Random, days: int) -> Iterator[tuple[str, str]]:
    """The series and the text of bulletins whose words are the same day after day and city after city, and whose figures are not."""
    for number in range(days):
        day = date(2021, 11, 1) + timedelta(days=number)
        before = day - timedelta(days=1)
        for city in ("合肥", "赣州", "兰州", "宁波"):
            for name, pattern in SERIES.items():
                figures = {
                    letter: rng.randrange(low, 30 * low)
                    for letter, low in zip("abcdef", (2, 3, 20, 40, 100, 400), strict=True)
                }
                yield (
                    name,
                    pattern.format(
                        city=city,
                        day=f"{day.month}月{day.day}日",
                        before=f"{before.month}月{before.day}日",
                        x=f"{rng.uniform(0.1, 9):.2f}",
                        y=f"{rng.uniform(2, 80):.1f}",
                        **figures,
                    ),
                )


SERIES = {
    "cases": "{city}市卫生健康委{day}通报，{before}0时至24时，全市新增确诊病例{a}例，新增无症状感染者{b}例，当日治愈出院{c}例。\n"
    "截至{before}24时，全市现有确诊病例{d}例，正在接受医学观察的密切接触者{e}人，累计完成核酸检测{f}万人次。\n"
    "市疾控中心提醒，请广大市民继续做好个人防护，不信谣、不传谣，出现发热等症状时及时到发热门诊就诊，并主动告知旅居史。",
    "prices": "{day}，{city}市商务局监测的重要生活必需品价格总体平稳。猪肉批发均价每公斤{y}元，比{before}上涨{x}%；鸡蛋每公斤{a}元。\n"
    "30种蔬菜平均批发价格与前一日相比略有波动，其中{b}种上涨，{c}种下降，全天到货量{f}吨，可以满足{city}居民{a}天的消费。\n"
    "商务部门表示，将继续加强市场监测，督促保供企业增加投放，确保节日期间市场不脱销、不断档。",
    "bonds": "{city}市公共资源交易中心{day}公告，拟出让{a}宗国有建设用地使用权，总面积{e}亩，起始总价{y}亿元。\n"
    "其中住宅用地{b}宗，商服用地{c}宗，竞买保证金不低于起始价的20%，竞买人须于{day}17时前提交申请。\n"
    "竞得人应当在成交后10个工作日内签订出让合同，逾期不签的，竞买保证金不予退还，相关主体记入诚信档案。",
    "weather": "{city}市气象台{day}发布：今天夜间到明天多云转阴，北部有小雨，气温{a}到{c}摄氏度，东北风{b}级。\n"
    "过去24小时，全市平均降水{x}毫米，最大雨量出现在{city}西部山区，为{y}毫米，能见度最低{e}米。\n"
    "请有关部门做好道路交通和设施农业的防范工作，市民出行注意添衣，驾车减速慢行，远离临时搭建物。",
}
