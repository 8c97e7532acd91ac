"""Spellings of places that speak of the place itself, not of something named after it.

Dropped are the medium (北京青年报), the dateline (新华社北京11月25日电), the organisation (广州明德慈善基金会), the street
(南京东路), the team (广东男篮) and the person (王海南). Each rule looks at what stands right before or after the spelling only.
"""

from __future__ import annotations

import re
from typing import Final

from govnews_spider.core.gazetteer import Found, gazetteer

_HAN: Final = r"[\u4e00-\u9fff]"
_MEDIUM: Final = (
    rf"{_HAN}{{0,4}}?(?:(?:[日晚晨早时商快导周]|青年|都市|特区|证券|经济|法[制治]|工人|科技|消费者?)报"
    r"|卫视|电视台|电台|人民广播|交通广播|新闻频道|新闻网|新闻广播|周刊|出版社|报业)"
    r"|发布(?=[”》」）)]|微信|公众号|客户端|\n|$)"
)
_DATELINE: Final = (
    r"(?:\d{1,2}月)?\d{1,2}日(?:\d{1,2}时)?(?:专|综合)?[电讯]|[电讯][（(]|讯[ \u3000]"
    r"|(?:\d{1,2}日)?(?:综合|特约|采写|专题|现场)?报道(?=\s|[）)】]|$)"
)
_STREET: Final = r"[东西南北中]?[一二三四五六七八九]?路(?![演线径人过透由况网牌政桥费段])|[大东西南北中]街|大道"
_TEAM: Final = r"[男女][篮足排]|队(?![伍列长员])"
_OTHER: Final = r"籍(?!贯)|股市|综指|成指|[AB]股|大学(?![生路城])|学院(?!路)|[交师]大(?!会)"
_LABEL = re.compile("|".join((_MEDIUM, _DATELINE, _STREET, _TEAM, _OTHER)))

_NOT_IN_A_NAME: Final = r"\s\W\d的了在是将于与和及为从向对被把等有多各两一某这该其此称说因或到个很日月年"
_BUSINESS: Final = (
    r"有限责?任?公司|股份有限|股份公司|股份(?!制|合作|转让)|集团(?!军)|控股|合伙企业|有限合伙|投资基金|投资中心|俱乐部|酒店"
    r"|(?<!上市)(?<!科技)(?<!创业)(?<!保险)(?<!旅游)(?<!小贷)公司"
)
_FINANCE: Final = (
    r"证券(?!化|业|期货|市场|投资|监管|违法|交易印花)|交易所|信托|银行(?![业间系类保理]|机构)|基金会|事务所"
)
_SCIENCE: Final = r"大学(?![生路城])|学院(?!路)|研究院|研究所|设计院|实验室|医院|中学|小学|附中"
_ORGANISATION = re.compile(
    rf"[)） ]?(?P<name>[^{_NOT_IN_A_NAME}]{{0,16}}?)(?:[（(][^（()）]{{1,6}}[）)])?(?:{_BUSINESS}|{_FINANCE}|{_SCIENCE})"
)
_STOCK = re.compile(rf"(?P<name>{_HAN}{{1,4}})[（(](?:\d{{6}}|\d{{4,5}}\.HK|S[HZ]\d|[A-Z]{{2,6}}[:：])")
_OFFICES: Final = frozenset("局厅委府")
_BRANCHES = re.compile(r"分行|分公司|支行|中心支行")

_SURNAMES: Final = frozenset("王李张刘陈杨赵黄周吴徐孙朱胡郭林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘袁董吕魏蒋杜")
_BEFORE_PERSON: Final = re.compile(r"(?:^|[^\u4e00-\u9fff]|[者长记师授员理任辑人士家])$")
_AFTER_PERSON: Final = re.compile(r"[\s、，。；：）)】]|说|表示|称|介绍|认为|指出|告诉|摄|$")
_CREDIT = re.compile(
    r"[\s　(（【]*(?:(?:文章|图片|资料|稿件|新闻|视频)?来源|作者|责任编辑|责编|编辑|图源|校对|审核)[：:丨| ]"
)
_WORD_GOES_ON: Final = {
    "市": frozenset("场值况盈面价占"),
    "区": frozenset("域间块别"),
    "县": frozenset("域"),
    "州": frozenset("际"),
}


def places_in(document: str) -> list[Found]:
    """The spellings in ``document`` that speak of a place, in order, cut to the short form where the word goes on (吉林市场)."""
    kept: list[Found] = []
    brands: set[str] = set()
    for found in gazetteer().find(document):
        if (place := _cut(document, found)) is None or _is_label(document, place):
            continue
        if owner := _organisation(document, place):
            brands.update(owner)
        else:
            kept.append(place)
    if not brands:
        return kept
    return [place for place in kept if not _starts_brand(document, place, brands)]


def _cut(document: str, found: Found) -> Found | None:
    goes_on = _WORD_GOES_ON.get(found.spelling[-1])
    if goes_on is None or document[found.end : found.end + 1] not in goes_on:
        return found
    short = found.spelling[:-1]
    return Found(found.start, found.end - 1, short) if short in gazetteer().senses else None


def _is_label(document: str, place: Found) -> bool:
    """A medium, dateline, street, team, byline or person's name."""
    if _LABEL.match(document, place.end) or document.endswith("发自", 0, place.start):
        return True
    if place.start and document[place.start - 1] in _SURNAMES and _is_person(document, place):
        return True
    line = document.rfind("\n", 0, place.start) + 1
    return place.start - line < 16 and _CREDIT.match(document, line, place.start) is not None


def _is_person(document: str, place: Found) -> bool:
    """After a surname: always for a spelling that needs a clue (张朝阳), else where a name would stand."""
    if all(sense.clue for sense in gazetteer().senses.get(place.spelling, ())):
        return True
    before = document[max(place.start - 2, 0) : place.start - 1]
    return bool(_BEFORE_PERSON.search(before) and _AFTER_PERSON.match(document, place.end))


def _organisation(document: str, place: Found) -> set[str]:
    """How the organisation named after ``place`` may be called for short (杭州天泽); empty when none is named here.

    An office of the government is no such organisation: 上海市民政局 speaks of 上海. A bank's branch is where it is.
    """
    match = _STOCK.match(document, place.end) or _ORGANISATION.match(document, place.end)
    if match is None:
        return set()
    name = match["name"]
    if name.endswith("家") or _OFFICES.intersection(name) or _BRANCHES.search(document, place.end, match.end() + 4):
        return set()
    return {document[place.start : place.end] + name[:2], place.spelling.rstrip("省市") + name[:2]}


def _starts_brand(document: str, place: Found, brands: set[str]) -> bool:
    after = document[place.end : place.end + 2]
    return len(after) == 2 and place.spelling + after in brands
