"""Organisations that are named after a place: by their full name (广州明德慈善基金会), their stock, or as the text calls them.

An office of the government is no such organisation: 上海市民政局 speaks of 上海. A branch of a bank or insurer is where it
is, and a kind of organisation is no name: 北京公立医院 are the hospitals of 北京.
"""

from __future__ import annotations

import re
from typing import Final

from govnews_spider.core.regions.gazetteer import Found

_HAN: Final = r"[\u4e00-\u9fff]"
_NOT_IN_A_NAME: Final = r"\s\W\d的了在是将于与和及为从向对被把等有多各两一某这该其此称说因或到个很日月年"
_BUSINESS: Final = (
    r"有限责?任?公司|股份有限|股份公司|股份(?!制|合作|转让)|集团(?!军)|控股|合伙企业|有限合伙|投资基金|投资中心|俱乐部"
    r"|药业(?!监管|管理|行业)|制药(?![业厂企]|[行工]业)|重工(?!业)|酒店(?![业式客]|行业)|公司"
)
_PARTNERS: Final = r"(?:中心|企业|基金)(?=[（(]有限合伙)"
_FINANCE: Final = (
    r"证券(?!化|业|期货|市场|投资|监管|违法|交易印花)|交易所|信托(?!业|产品)|银行(?![业间系类保理]|机构)|基金会|事务所"
)
_SCIENCE: Final = (
    r"大学(?![生路城])|学院(?!路)|研究院|研究所|设计院|实验室|医院|中学(?![生教])|(?<!中)小学(?![生教])|附中"
)
_BEGINS: Final = "有股集控合投俱药制重酒公中企基证交信银事大学研设实医小附"
"""Every first character of the words above: one test in place of thirty at each step."""
_ORGANISATION = re.compile(
    rf"[)） ]?(?P<name>[^{_NOT_IN_A_NAME}]{{0,16}}?)(?:[（(][^（()）]{{1,6}}[）)])?"
    rf"(?=[{_BEGINS}])(?P<sort>{_BUSINESS}|{_PARTNERS}|{_FINANCE}|{_SCIENCE})"
)
_STOCK = re.compile(rf"(?P<name>{_HAN}{{1,4}})[（(](?:\d{{6}}|\d{{4,5}}\.HK|S[HZ]\d|[A-Z]{{2,6}}[:：])")
_BRANCHES = re.compile(r"分行|支行|分公司|支公司|营业部|办事处|代表处")
_KINDS: Final = (
    r"国有|民营|外资|中资|国资|地方|本地|当地|[大中小]型|中小|龙头|知名|著名|重点|部分|少数|不少|许多|主要|首批|首家|新"
    r"|公立|公办|民办|私立|三甲|三级|二级|[省市县区]级|[省市县区部]属|社区|乡镇|基层|定点|普通|示范|高等"
)
_TRADES: Final = (
    r"科技|创业|保险|旅游|小贷|互联网|房地产|地产|房产|物流|外贸|建筑|软件|游戏|电商|担保|出租车|物业|家政|中介|搬家|快递"
    r"|上市|城商|农村|城市|经济型|星级|高星级|高端|连锁|快捷|综合|专科"
)
_INDUSTRIES: Final = r"煤炭|煤矿|钢铁|有色|电力|能源|文化|粮食|商贸|工业|农业|整合|主体"
_KIND = re.compile(rf"(?:{_KINDS})+|.*家")
_TRADE = re.compile(rf"(?:{_KINDS}|{_TRADES})+")
_ENTERPRISES = re.compile(rf"(?:{_KINDS}|{_TRADES}|{_INDUSTRIES})+企业")
_PLAIN: Final = frozenset(("公司", "银行", "酒店", "医院", "俱乐部", "事务所"))
_SENTENCES: Final = (
    r"[局厅委府]|地区|自贸区|试验区|开发区|园区|小区|[市城山牧灾库]区|乡村|农村(?!商业|信用|合作)|辖区|境内|区域|楼市|房贷|目前|正式|已经"
    r"|[成设]立|组建|注册|召开|举[行办]|[发公宣]布|出台|启动|推[出进]|开[展业放]|实施|要求|规定|明确|表示|落户|获批|进行"
    r"|鼓励|支持|允许|禁止|叫停|约谈|处罚|查处|通报|取消|[上下]调|传出|率先|包括"
)
_SENTENCE = re.compile(_SENTENCES)
_ALIAS = re.compile(rf"(?P<name>{_HAN}{{2,6}})[”\"」]")
_QUOTES: Final = frozenset('“"「')
_NO_ALIAS = re.compile(
    r"[局厅委府会院区港站网法案]|[分支]行|[分支]公司|模式|意见|规定|办法|条例|通知|规划|细则|新政|经验|速度"
)


def brands_of(document: str, place: Found) -> set[str]:
    """How the organisation named after ``place`` may be called for short (杭州天泽); empty when none is named here."""
    match = _STOCK.match(document, place.end)
    if match is None:
        match = _ORGANISATION.match(document, place.end)
        if match is None:
            return _alias(document, place) if document[place.start - 1 : place.start] in _QUOTES else set()
        if _is_no_name(match["name"], match["sort"]) or _BRANCHES.search(document, place.end, match.end() + 4):
            return set()
    name = match["name"][:2]
    return {document[place.start : place.end] + name, place.spelling.rstrip("省市") + name}


def _is_no_name(name: str, sort: str) -> bool:
    """公立 in 北京公立医院, 科技 in 深圳科技公司 (not in 武汉科技大学), 自贸区成立首家 in 上海自贸区成立首家公司."""
    if _SENTENCE.search(name) or _KIND.fullmatch(name) or _ENTERPRISES.fullmatch(name):
        return True
    return sort in _PLAIN and _TRADE.fullmatch(name) is not None


def _alias(document: str, place: Found) -> set[str]:
    """（下称“杭州天泽”）: what a text calls an organisation by, though its full name is out of reach."""
    if not document.endswith(("称“", '称"', "称「"), 0, place.start):
        return set()
    match = _ALIAS.match(document, place.end)
    return {place.spelling + match["name"][:2]} if match and not _NO_ALIAS.search(match["name"]) else set()
