"""Which cities have joined an alliance for 跨省通办 (one province's papers done at another's counter), and when?

    python examples/alliances.py data/demo

The members of an alliance stand in the news as a list of three places or more (长沙、贵阳、合肥……). A city has joined with the first
article that lists it, among those of the topic 跨省通办 that speak of an alliance or of signing one; reprints are left out, for they would
count the same news again under a later day. The day is that of the news, which may be a few later than that of the signing; two cities
joined by 与 are no alliance here, and a list may be of a part of the members, or of their development zones. So the table shows the words
that each row was read from: judge them. The picture is ``alliances.svg`` in the folder.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd
import vl_convert

from govnews_spider import open_articles
from govnews_spider.core import region_name, regions_of

LIST = re.compile(r"\w+(?:、\w+){2,}")
SIGNING = re.compile("联盟|联手|牵手|结成|加入|共建|签约|签署|签订|协议")
MUNICIPALITIES = ("110000", "120000", "310000", "500000")


def is_city(code: str) -> bool:
    """Whether a GB/T 2260 code is that of a prefecture or a municipality."""
    return code in MUNICIPALITIES or (code.endswith("00") and not code.endswith("0000"))


def memberships(data: Path) -> pd.DataFrame:
    """One row a city and article that lists it, oldest first: day (Asia/Shanghai), city, title, words."""
    columns = ["published_at", "title", "text"]
    articles = open_articles(data, topics=["跨省通办"]).to_table(columns=columns).to_pandas()
    rows = [
        (article.published_at.tz_convert("Asia/Shanghai").date(), region_name(code), article.title, words)
        for article in articles.sort_values("published_at").itertuples()
        if SIGNING.search(f"{article.title}\n{article.text}")
        for words in LIST.findall(article.text)
        if sum(bool(regions_of("", word)) for word in words.split("、")) > 2
        for code in filter(is_city, regions_of("", words))
    ]
    found = pd.DataFrame(rows, columns=["day", "city", "title", "words"]).drop_duplicates(["title", "city"])
    return found.assign(first=~found.duplicated("city"))


def picture(found: pd.DataFrame) -> str:
    """A dot an article that lists the city, filled where it is the first one; SVG."""
    axis = {"format": "%Y-%m", "orient": "top"}
    values = found.assign(day=found["day"].astype(str))[["day", "city", "first", "title"]].to_dict("records")
    encoding = {
        "x": {"field": "day", "type": "temporal", "title": None, "axis": axis, "scale": {"type": "utc", "padding": 8}},
        "y": {"field": "city", "type": "nominal", "title": None, "sort": {"field": "day", "op": "min"}},
        "fill": {"condition": {"test": "datum.first", "value": "#1f5fa8"}, "value": "white"},
        "tooltip": [{"field": "title"}],
    }
    mark = {"type": "point", "size": 60, "stroke": "#1f5fa8", "fillOpacity": 1}
    chart = {"data": {"values": values}, "mark": mark, "encoding": encoding, "width": 480, "height": {"step": 17}}
    title = {"text": "Cities in alliances for 跨省通办, by the day that the news first lists them", "anchor": "start"}
    svg: str = vl_convert.vegalite_to_svg({**chart, "title": title, "background": "white", "padding": 12})
    return svg


def main(data: Path) -> None:
    """Prints the table, writes the picture."""
    found = memberships(data)
    for (day, title, words), group in found.groupby(["day", "title", "words"], sort=False):
        new, again = ("、".join(group["city"][group["first"] == first]) for first in (True, False))
        print(f"{day}  {new or 'none for the first time'}", *[f"            again: {again}"] * bool(again), sep="\n")
        print(f"            {title}\n            “{words:.60}”")
    (data / "alliances.svg").write_text(picture(found), "utf-8")
    print(f"\n{found['city'].nunique()} cities listed in {found['title'].nunique()} articles; {data / 'alliances.svg'}")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "data"))
    except FileNotFoundError as error:
        sys.exit(str(error))
