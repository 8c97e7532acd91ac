"""Articles by the hundred thousand, no two alike: as they come to the ledger, and as a folder of documents to replay."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from govnews_spider.article import Article
from govnews_spider.core import dumps

FIRST_DAY = date(2019, 1, 1)
FOLDER = 1_000
"""Documents in one folder."""

_PLACES = (
    "赣州",
    "苏州",
    "合肥",
    "成都",
    "青岛",
    "兰州",
    "昆明",
    "宁波",
    "郑州",
    "长春",
    "贵阳",
    "南宁",
    "福州",
    "太原",
    "西安",
)
_SUBJECTS = (
    "省财政厅",
    "市发展改革委",
    "国家税务总局",
    "商务部",
    "人民银行",
    "县政务服务中心",
    "经济技术开发区",
    "市场监管局",
)
_VERBS = (
    "印发",
    "公布",
    "启动",
    "完善",
    "推进",
    "落实",
    "研究",
    "部署",
    "通报",
    "取消",
    "简化",
    "扩大",
    "统一",
    "延长",
    "试行",
)
_OBJECTS = (
    "减税降费清单",
    "专项债券额度",
    "营商环境条例",
    "跨省通办事项",
    "小微企业贷款",
    "社保转移流程",
    "农产品收购价",
)
_SIGNS = "企业群众窗口材料时限资金项目改革服务办理审批数据平台全市全省今年去年上月同比增长下降累计完成投资消费出口产业园区工业农业粮食能源"


def text(rng: random.Random, sentences: int = 20) -> list[str]:
    """Paragraphs of three sentences or so, about 900 characters together."""
    drawn = rng.choices(_sentences(), k=sentences)
    cuts = range(0, sentences, 3)
    return [f"{rng.choice(_PLACES)}{rng.randrange(10**9)}号：" + "".join(drawn[cut : cut + 3]) for cut in cuts]


@cache
def _sentences() -> Sequence[str]:
    """Each with signs in an order of its own, so that two texts have little in common beside single sentences."""
    rng = random.Random(4)
    return [
        f"{rng.choice(_PLACES)}{rng.choice(_SUBJECTS)}{rng.choice(_VERBS)}{rng.choice(_OBJECTS)}，"
        f"{''.join(rng.choices(_SIGNS, k=18))}{rng.uniform(1, 9_000):.1f}亿元。"
        for _ in range(20_000)
    ]


def article(number: int, day: date, rng: random.Random) -> Article:
    """A finished article; ``number`` makes its identity, its address and its title its own."""
    paragraphs = text(rng)
    docid = docid_of(number)
    url = url_of(docid, day)
    picture = f"https://n.sinaimg.cn/spider{day:%Y%m%d}/{number % 800}/w640h400/{day:%Y%m%d}/{docid}.jpg"
    body = "".join(f'<p cms-style="font-L">　　<font cms-style="font-L">{line}</font></p>\n' for line in paragraphs)
    published = datetime.combine(day, time(number % 24, number % 60), UTC) - timedelta(hours=8)
    return Article(
        article_id=f"sina:{docid}",
        url=url,
        title=f"{paragraphs[0][:24]}（第{number}则）",
        published_at=published,
        published_raw=f"{published:%Y-%m-%d %H:%M}",
        published_from="text:.date-source .date",
        categories=["金融", "新浪财经", "新浪财经－国內"],
        headimg=picture,
        body_html=f'{body}<div class="img_wrapper"><img src="{picture}"><span class="img_descr">资料图</span></div>\n',
        text="\n".join(paragraphs),
        char_count=sum(map(len, paragraphs)) + len(paragraphs) - 1,
        content_hash=hash_of(docid),
        layout="finance_2018",
        fetched_at=datetime.now(UTC),
        origin=url,
    )


def docid_of(number: int) -> str:
    """Numbers in a row give docids all over the range; no two of them the same up to ten million."""
    key = number * 6_700_417 % 9_999_991
    return f"{('ktzscyx', 'kyamrmy', 'mcwiwss', 'icezuev')[key % 4]}{key:07d}"


def url_of(docid: str, day: date) -> str:
    """The address of an article of that day."""
    return f"https://finance.sina.com.cn/china/gncj/{day}/doc-i{docid}.shtml"


def hash_of(docid: str) -> str:
    """Stands for the hash of its content."""
    return sha256(docid.encode()).hexdigest()


def write_documents(folder: Path, count: int, days: int) -> None:
    """Documents below ``folder``, in the order of whose paths the days come at random."""
    rng = random.Random(count)
    for number in range(count):
        path = folder / f"{number // FOLDER:03d}" / f"{number % FOLDER:03d}.md"
        if number % FOLDER == 0:
            path.parent.mkdir(parents=True)
        day = FIRST_DAY + timedelta(days=rng.randrange(days))
        path.write_text(dumps(article(number, day, rng)), encoding="utf-8")
