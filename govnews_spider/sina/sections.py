"""Sina's lists: the name, the page and the number under which the list API knows each.

A list exists only together with its page: another pairing answers with business code 11 ("not registered").
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Section:
    """One list: its name, the ``pageid`` and ``lid`` it is asked by, and the feed that it belongs to, as the documents spell it."""

    name: str
    pageid: int
    lid: int
    feed: str

    @property
    def categories(self) -> list[str]:
        """The front matter's categories of its articles: group, site, feed."""
        site = self.feed.partition("－")[0]
        return ["金融" if site == "新浪财经" else "新闻", site, self.feed]


_LISTS: Final[dict[tuple[int, str], dict[int, str]]] = {
    (155, "新浪财经－国內"): {
        1686: "国内滚动",
        1687: "宏观经济",
        1688: "地方经济",
        1689: "部委动态",
        1690: "金融新闻",
        3231: "今日财经TOP10",
    },
    (384, "新浪财经－滚动"): {
        2519: "财经",
        2671: "股市",
        2672: "美股",
        2673: "中国概念股",
        2674: "港股",
        2675: "研究报告",
        2676: "全球市场",
        2487: "外汇",
    },
    (153, "新浪新闻－滚动"): {
        2509: "新闻全部",
        2510: "新闻国内",
        2511: "新闻国际",
        2669: "新闻社会",
        2512: "新闻体育",
        2513: "新闻娱乐",
        2514: "新闻军事",
        2515: "新闻科技",
        2516: "新闻财经",
        2517: "新闻股市",
        2518: "新闻美股",
    },
    (121, "新浪新闻－国内"): {1356: "国内新闻"},
    (164, "新浪财经－产经"): {1693: "产经"},
}
"""The names of pageid 153 carry 新闻 in front, where those of pageid 384 would be the same words."""

SECTIONS: Final = {
    name: Section(name, pageid, lid, feed) for (pageid, feed), lists in _LISTS.items() for lid, name in lists.items()
}
"""Name → list."""

DEFAULT: Final = tuple(SECTIONS[name] for name in ("国内滚动", "宏观经济", "地方经济", "部委动态", "金融新闻"))
"""What is read when nothing is asked for: government and economy news, pageid 155."""

_BY_LID: Final = {str(section.lid): section for section in SECTIONS.values()}


def find(name_or_lid: str) -> Section:
    """The list of that name or ``lid``; raises ValueError with the names that come near."""
    wanted = name_or_lid.strip()
    section = SECTIONS.get(wanted) or _BY_LID.get(wanted)
    if section is None:
        near = difflib.get_close_matches(wanted, [*SECTIONS, *_BY_LID], n=3, cutoff=0.4)
        cure = f"did you mean {'、'.join(near)}?" if near else f"known are {'、'.join(SECTIONS)}"
        raise ValueError(f"unknown_section: {wanted!r} is no list of Sina's; {cure}")
    return section
