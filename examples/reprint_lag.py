"""How long does a ministry's notice take from its first appearance to its last reprint?

    python examples/reprint_lag.py data/demo

A notice is an article whose headline names a ministry or an office of the State Council. Its reprints name it in
``duplicate_of``, under whatever headline they run; the lag is the time between both publications. Notices that nobody reprinted are
left out, for they have no lag; what is reprinted after the last crawl is not known yet, so that the lags of the newest are lower bounds.
The picture is ``reprint_lag.svg`` in the folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import vl_convert

from govnews_spider import open_articles

MINISTRY = (
    r"(?<![国洲盟省市区县])(?:(?:外交|国防|教育|科技|科学技术|工信|工业和信息化|信息产业|公安|民政|司法|财政|人社|劳动保障|人力资源和?社会保障"
    r"|自然资源|国土资源|生态环境|环保|环境保护|住建|建设|住房和城乡建设|交通|交通运输|铁道|水利|农业|农业农村|商务|文旅|文化|文化和旅游|卫生"
    r"|退役军人事务|应急管理)部(?![门署队分])|央行)"
    r"|国务院(?:办公厅)?[：:印发]|(?<!市)(?<!省)(?:国家)?发(?:展)?改(?:革)?委|国家(?:民|卫健|计生|卫生计生)委|国资委|人民银行|审计署"
    r"|海关总署|(?:税务|市场监管|金融监管|工商|质检|广电)总局|(?:证|银|保|银保)监会|国家(?:统计|医保|能源|药监|外汇|铁路|邮政)局"
)
"""In a headline, of China; 财政部门 is a city's, and no ministry. Ministries of earlier years too."""


def lags(data: Path) -> pd.DataFrame:
    """One row a reprint of a notice: first (article_id), notice, published (UTC), source, hours after the first publication."""
    columns = ["article_id", "title", "source", "published_at", "duplicate_of"]
    rows = open_articles(data, reprints=True).to_table(columns=columns).to_pandas()
    notices = rows[rows["duplicate_of"].isna() & rows["title"].str.contains(MINISTRY)]
    found = rows.merge(notices, left_on="duplicate_of", right_on="article_id", suffixes=("", "_of_first"))
    found["hours"] = (found["published_at"] - found["published_at_of_first"]) / pd.Timedelta(hours=1)
    names = {"article_id_of_first": "first", "title_of_first": "notice", "published_at_of_first": "published"}
    return found.rename(columns=names)[["first", "notice", "published", "source", "hours"]].sort_values("hours")


def by_notice(found: pd.DataFrame) -> pd.DataFrame:
    """One row a notice, the longest-lived first: notice, reprints, and hours to the first and to the last of them."""
    groups = found.groupby("first")
    return groups.agg(
        notice=("notice", "first"), reprints=("hours", "size"), to_first=("hours", "min"), to_last=("hours", "max")
    ).sort_values("to_last", ascending=False)


def picture(found: pd.DataFrame) -> str:
    """A line a notice, from its publication to its last reprint, and a dot a reprint; the 20 that lasted longest, as SVG."""
    longest = found[found["first"].isin(by_notice(found).index[:20])]
    rows = longest.assign(row=longest["first"] + " " + longest["notice"])  # two notices may have one headline
    values = rows[["row", "source", "hours"]].to_dict("records")
    named = "indexof(datum.value, ' ') < 0 ? '' : slice(datum.value, indexof(datum.value, ' ') + 1)"  # without the id
    y = {
        "field": "row",
        "type": "nominal",
        "title": None,
        "sort": {"field": "hours", "op": "max", "order": "descending"},
        "axis": {"labelExpr": named, "labelLimit": 260},
    }
    hours = {"type": "quantitative", "title": "hours after the first publication"}
    line = {
        "mark": {"type": "rule", "stroke": "#9bb4d0", "strokeWidth": 3},
        "encoding": {"y": y, "x": {"aggregate": "max", "field": "hours", **hours}, "x2": {"datum": 0}},
    }
    dots = {
        "mark": {"type": "point", "filled": True, "size": 70, "color": "#1f5fa8", "opacity": 1},
        "encoding": {"y": y, "x": {"field": "hours", **hours}, "tooltip": {"field": "source"}},
    }
    chart = {"data": {"values": values}, "layer": [line, dots], "width": 480, "height": {"step": 34}}
    title = {"text": "How long ministries' notices are reprinted", "anchor": "start"}
    svg: str = vl_convert.vegalite_to_svg({**chart, "title": title, "background": "white", "padding": 12})
    return svg


def main(data: Path) -> None:
    """Prints, of each notice, the hours to its first and to its last reprint and how many there are; writes the picture."""
    found = lags(data)
    if found.empty:
        sys.exit(f"no_reprints: {data}: no notice of a ministry in it was reprinted; name the folder of a longer crawl")
    notices = by_notice(found)
    for notice in notices.itertuples():
        print(f"{notice.to_first:6.1f} h  {notice.to_last:6.1f} h  {notice.reprints:3} ×  {notice.notice}")
    (data / "reprint_lag.svg").write_text(picture(found), "utf-8")
    middle = notices["to_last"].median()
    print(
        f"\n{len(notices)} notices were reprinted; half of them for {middle:.1f} hours or more; {data / 'reprint_lag.svg'}"
    )


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "data"))
    except FileNotFoundError as error:
        sys.exit(str(error))
