"""Spellings of places that speak of the place itself, not of something named after it.

Dropped are the medium (北京青年报), the dateline (新华社北京11月25日电), the organisation (广州明德慈善基金会), the street
(南京东路), the team (广东男篮) and the person (王海南). Each rule looks at what stands right before or after the spelling only.
"""

from __future__ import annotations

import re
from typing import Final

from govnews_spider.core.regions.gazetteer import Found, gazetteer
from govnews_spider.core.regions.organisations import brands_of

_HAN: Final = r"[\u4e00-\u9fff]"
_MEDIUM: Final = (
    rf"{_HAN}{{0,4}}?(?:(?:[日晚晨早时商快导周]|青年|都市|特区|证券|经济|法[制治]|工人|科技|消费者?)报(?![告道名送批表销备到警考案价废])"
    r"|卫视|电视台|电台|人民广播|交通广播|新闻频道|新闻网|新闻广播|周刊|出版社|报业)"
    r"|发布(?=[”》」）)]|微信|公众号|客户端|\n|$)|网(?=[\s\d、，。：；”》）)]|讯|记者|报道|$)"
)
_DATELINE: Final = (
    r"(?:\d{1,2}月)?\d{1,2}日(?:\d{1,2}时)?(?:专|综合)?(?:[电讯]|消息)|[电讯][（(]|讯[ \u3000]"
    r"|(?:\d{1,2}日)?(?:综合|特约|采写|专题|现场)?报道(?=[\s\d）)】]|$)|(?:特派|特约|驻站)?记者[ \u3000]"
)
_STREET: Final = (
    r"[东西南北中]?[一二三四五六七八九]?路(?![演线径人过透由况网牌政桥费段])|[大东西南北中]街(?![道村]|小巷)|大道"
)
_TEAM: Final = r"[男女][篮足排]|队(?![伍列长员])"
_NAMED_AFTER: Final = (
    r"舰(?!队)|时间(?=[\d上下中早晚凌今昨周星])|大厦|饭店(?!业)|宾馆(?!业)"
    r"|航空(?![港业]|运输|枢纽|产业|制造|口岸|物流|货运|客运|市场|经济|工业|安全|救援|博览|航天|展)"
)
_OTHER: Final = r"籍(?!贯|农民工|民工|务工|渔[船民])|股市|综指|成指|[AB]股|大学(?![生路城])|学院(?!路)|[交师]大(?!会)"
_LABEL = re.compile("|".join((_MEDIUM, _DATELINE, _STREET, _TEAM, _NAMED_AFTER, _OTHER)))

_SURNAMES: Final = frozenset("王李张刘陈杨赵黄周吴徐孙朱胡郭林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘袁董吕魏蒋杜")
_BRACKETS: Final = frozenset("（(")
_CLOSING: Final = frozenset("）)")
_ENDS_SENTENCE: Final = frozenset("。！？”")
_CLOSES_SOON: Final = re.compile(rf"{_HAN}{{2,4}}[）)]")
_KEEPS_BRACKETED: Final = frozenset("省市区县城州地国会")
_BEFORE_PERSON: Final = re.compile(r"(?:^|[^\u4e00-\u9fff]|[者长记师授员理任辑人士家])$")
_AFTER_PERSON: Final = re.compile(r"[\s、，。；：）)】]|说|表示|称|介绍|认为|指出|告诉|摄|$")
_CREDIT = re.compile(
    r"[\s　(（【]*(?:(?:文章|图片|资料|稿件|新闻|视频)?来源|作者|责任编辑|责编|编辑|图源|校对|审核)[：:丨| ]"
)
_OFFICE = re.compile("(?:人民)?法院|检察院|检方|警方|公安(?!部)|交警|民警|分局|片区")
_OFFICE_BEGINS: Final = frozenset("法人检警公交民分片")
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
        if owner := brands_of(document, place):
            brands.update(owner)
        else:
            kept.append(_of_office(document, place) if document[place.end : place.end + 1] in _OFFICE_BEGINS else place)
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
    if _LABEL.match(document, place.end):
        return True
    before = document[place.start - 1 : place.start]
    if before in _SURNAMES and _is_person(document, place):
        return True
    if before in _BRACKETS and _is_bracketed_label(document, place):
        return True
    if before == "自" and document.endswith("发自", 0, place.start):
        return True
    line = document.rfind("\n", 0, place.start) + 1
    return place.start - line < 16 and _CREDIT.match(document, line, place.start) is not None


def _is_bracketed_label(document: str, place: Found) -> bool:
    """中国石油大学（北京）, 。（广州天达）: a part of a name, or whom the sentence is from; 山东（济南） and 中国（上海） stay places."""
    before = document[place.start - 2 : place.start - 1]
    if before in _ENDS_SENTENCE:
        return _CLOSES_SOON.match(document, place.end) is not None
    if document[place.end : place.end + 1] not in _CLOSING or before in _KEEPS_BRACKETED or not before.isalnum():
        return False
    senses = gazetteer().senses
    return not any(document[place.start - 1 - length : place.start - 1] in senses for length in (2, 3))


def _is_person(document: str, place: Found) -> bool:
    """After a surname: always for a spelling that needs a clue (张朝阳), else where a name would stand."""
    if all(sense.clue for sense in gazetteer().senses.get(place.spelling, ())):
        return True
    before = document[max(place.start - 2, 0) : place.start - 1]
    return bool(_BEFORE_PERSON.search(before) and _AFTER_PERSON.match(document, place.end))


def _of_office(document: str, place: Found) -> Found:
    """朝阳法院, 大兴分局: a court or a police station is a place's, so the short form stands for the full name."""
    senses = gazetteer().senses
    if all(sense.clue for sense in senses.get(place.spelling, ())) and _OFFICE.match(document, place.end):
        for ending in "区县市":
            if place.spelling + ending in senses:
                return Found(place.start, place.end, place.spelling + ending)
    return place


def _starts_brand(document: str, place: Found, brands: set[str]) -> bool:
    after = document[place.end : place.end + 2]
    return len(after) == 2 and place.spelling + after in brands
