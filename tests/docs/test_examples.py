"""The analyses of ``examples/`` on the bundled data: what they answer is what the texts say, and their pictures show it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.crawls import ROOT, crawl
from tests.support.rows import article, reprint, store

ALLIANCES = {
    "2021-03-27": "长沙 贵阳 合肥 南昌 宁波 武汉 湘潭 郑州 株洲",
    "2021-04-16": "重庆 成都 绵阳 泸州 宜宾 广安",
    "2021-06-08": "昆明 遵义 南宁 桂林",
    "2021-07-20": "呼和浩特 包头 银川 太原 大同 榆林",
    "2021-09-15": "青岛 烟台 大连 秦皇岛 唐山",
    "2021-10-28": "广州 佛山 赣州 吉安",
    "2021-11-25": "苏州 北京 天津 廊坊 沧州 邯郸 石家庄 张家口",
}
"""Day → the cities that no earlier alliance had, as one reads it in the texts."""

LAGS = {
    "国家医保局：": (4.2, 46.0, 3),
    "人社部：": (2.8, 22.1, 3),
    "工信部公布": (2.7, 16.6, 2),
    "今冬供暖": (11.8, 11.8, 1),
    "市场监管总局约谈": (7.3, 7.3, 1),
}
"""Beginning of a notice's headline → hours to its first and to its last reprint, and how many there are."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo crawls."""
    folder = tmp_path_factory.mktemp("data")
    assert crawl(folder, "seeds", f"path={ROOT / 'seeds'}").code == 0
    assert crawl(folder, "sina_gov", GOVNEWS_REPLAY=ROOT / "examples/demo.warc.gz").code == 0
    return folder


def run(example: str, data: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, ROOT / "examples" / f"{example}.py", data]
    return subprocess.run(line, capture_output=True, encoding="utf-8", timeout=60, check=False)


def marks(svg: Path) -> Counter[str]:
    """What the marks of a picture stand for, wherever they are drawn."""
    return Counter(re.findall(r'<path aria-label="([^"]+)"', svg.read_text("utf-8")))


def test_the_alliances_name_each_city_on_the_day_that_it_is_listed_first(data: Path) -> None:
    done = run("alliances", data)
    assert done.returncode == 0, done.stderr
    found: dict[str, set[str]] = {}
    for day, cities in re.findall(r"^(\d{4}-\d\d-\d\d)  (\S+)$", done.stdout, re.MULTILINE):
        found.setdefault(day, set()).update(city.removesuffix("市") for city in cities.split("、"))
    assert found == {day: set(cities.split()) for day, cities in ALLIANCES.items()}
    assert "42 cities listed in 8 articles" in done.stdout


def test_the_lags_are_those_between_the_notices_and_their_reprints(data: Path) -> None:
    done = run("reprint_lag", data)
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^ *([\d.]+) h +([\d.]+) h +(\d+) ×  (.+)$", done.stdout, re.MULTILINE)
    assert len(rows) == len(LAGS)
    for row, (beginning, expected) in zip(rows, LAGS.items(), strict=True):
        assert (row[3].startswith(beginning), float(row[0]), float(row[1]), int(row[2])) == (True, *expected)
    assert "5 notices were reprinted; half of them for 16.6 hours or more" in done.stdout


@pytest.mark.parametrize("example", ["alliances", "reprint_lag"])
def test_the_pictures_in_the_documentation_show_what_the_analyses_find(example: str, data: Path) -> None:
    """They are what ``python examples/<name>.py data/demo`` leaves there."""
    assert run(example, data).returncode == 0
    shown = marks(ROOT / "docs" / f"{example}.svg")
    assert shown == marks(data / f"{example}.svg")
    assert shown.total() >= 10


def test_the_lines_of_the_readme_read_the_dataset(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    imports, _, *lines = re.split(r"\n", readme[readme.index("import duckdb") :].partition("\n```")[0])
    (data / "data").symlink_to(data)  # they are said from beside the folder
    monkeypatch.chdir(data)
    names: dict[str, Any] = {}
    exec(imports, names)
    pandas, polars, duckdb, ours, name = (eval(line, names) for line in lines)
    assert len(pandas) == len(polars.collect()) == len(duckdb) == 31
    assert (ours.num_rows, name) == (2, "长沙市")


def test_a_city_that_an_article_lists_twice_is_one(tmp_path: Path) -> None:
    text = "长沙、贵阳、合肥三市签约。签约之后，长沙、贵阳、合肥的窗口互派人员。"
    store(tmp_path, article(1, text=text, topics=["跨省通办"]))
    assert "3 cities listed in 1 articles" in run("alliances", tmp_path).stdout
    assert marks(tmp_path / "alliances.svg").total() == 3


@pytest.mark.parametrize("example", ["alliances", "reprint_lag"])
def test_a_folder_that_no_crawl_wrote_is_named(example: str, tmp_path: Path) -> None:
    done = run(example, tmp_path / "nothing")
    assert (done.returncode, done.stderr.partition(":")[0]) == (1, "no_articles")


def test_a_folder_without_reprints_is_told_so(tmp_path: Path) -> None:
    store(tmp_path, article(1, title="财政部印发通知"), article(2, title="南昌市财政部门印发通知", text="另一件事。"))
    done = run("reprint_lag", tmp_path)
    assert (done.returncode, done.stderr.partition(":")[0]) == (1, "no_reprints")


def test_only_ministries_of_this_country_are_ministries(tmp_path: Path) -> None:
    others = [
        "南昌市财政部门印发通知",
        "美国财政部发布报告",
        "欧洲央行加息",
        "全省教育部署会召开",
        "商务部队集结",
        "江西省发改委批复项目",
    ]
    ours = [
        "财政部印发通知",
        "央行开展公开市场操作",
        "铁道部调整列车运行图",
        "卫生部：公布方案",
        "国务院印发意见",
        "发改委：油价上调",
        "国家发展改革委批复规划",
    ]
    told = dict(enumerate([*others, *ours]))
    store(tmp_path, *(article(number, title=title, text=title * 9) for number, title in told.items()))
    store(tmp_path, *(reprint(100 + number, of=number, days=1, text=told[number] * 9) for number in told))
    done = run("reprint_lag", tmp_path)
    assert sorted(re.findall(r"×  (.+)", done.stdout)) == sorted(ours)


def test_two_notices_of_one_headline_are_two(tmp_path: Path) -> None:
    texts = [
        "今日操作一千亿元，利率不变，到期八百亿元。",
        "本周操作收官，市场资金面平稳，各期限品种中标利率均与前次持平。",
    ]
    for number, text in enumerate(texts):
        title = "央行开展公开市场操作"
        store(tmp_path, article(number, title=title, text=text), article(10 + number, title=title, days=1, text=text))
    done = run("reprint_lag", tmp_path)
    assert "2 notices were reprinted" in done.stdout
    assert len({label.partition("row: ")[2].partition(";")[0] for label in marks(tmp_path / "reprint_lag.svg")}) == 2


def test_a_list_of_offices_of_two_cities_or_of_a_journey_is_no_alliance(tmp_path: Path) -> None:
    texts = [
        "三省市政务、商务、人社部门签约，京津冀和南昌、佛山之间已经通办。",
        "签约之后，户籍、社保、医保三类事项可以跨省通办。",
        "调研组走访了北京、上海、广州、成都四地，看跨省通办的窗口。",
        "南昌、佛山、政务服务中心三方签约。",
    ]
    store(tmp_path, *(article(n, text=text, topics=["跨省通办"]) for n, text in enumerate(texts)))
    done = run("alliances", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "0 cities listed in 0 articles" in done.stdout
