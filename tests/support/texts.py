"""Texts of two articles, their variants, and the keys that the fingerprints of two texts share."""

from __future__ import annotations

from govnews_spider.core.dedup.fingerprint import Sketch, band_keys, normalized_text, sketch

TEXT = """赣州市行政审批局10月12日介绍，全市已有九成以上的高频事项可以在乡镇便民服务站当场办结。
过去，信丰县的果农要办一张经营许可，来回要跑六十多公里；如今材料由帮办员上门收取，三个工作日内寄回。
“最省心的是不用再准备复印件。”果农廖大姐说，她的执照从递交到拿到手只用了一天半。
据统计，今年前三季度，全市共办理跨区域事项18.6万件，同比增长23.4%，群众满意度为99.2%。
下一步，当地将把公积金提取、异地就医备案等27个事项接入自助终端，让山里的居民也能就近办事。"""


def sketch_of(text: str) -> Sketch:
    """The sketch of a text that is long enough to have one."""
    minima = sketch(normalized_text(text))
    assert minima is not None
    return minima


def common_keys(first: str, second: str) -> int:
    """Number of keys that both texts have."""
    return len(set(band_keys(sketch_of(first))) & set(band_keys(sketch_of(second))))


BULLETIN = """合肥市卫生健康委11月3日通报，11月2日0时至24时，合肥市新增本土确诊病例12例，其中庐阳区7例、蜀山区5例。
当日治愈出院3例，解除医学观察的密切接触者86人，均为前期已公布病例的接触者。
截至11月2日24时，合肥市现有确诊病例41例，正在接受集中医学观察的密切接触者1208人。
市疾控中心提醒市民，外出时戴好口罩，少去人员密集的场所，出现发热症状应及时到就近的发热门诊就诊，不要自行服药。"""


def with_replaced(text: str, *pairs: str) -> str:
    """``text`` with words replaced, given as ``old=new``."""
    for pair in pairs:
        old, new = pair.split("=")
        assert old in text, f"{old!r} is not in the text, so replacing it shows nothing"
        text = text.replace(old, new)
    return text
