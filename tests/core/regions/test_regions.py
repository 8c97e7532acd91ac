"""Places named in a text, as GB/T 2260 codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.core.documents.front_matter import loads
from govnews_spider.core.regions import resolve
from govnews_spider.core.regions.compounds import barred
from govnews_spider.core.regions.gazetteer import gazetteer
from govnews_spider.core.regions.resolve import region_name, regions_of
from govnews_spider.core.stages.clean import clean
from tests.support.needs_real import needs_real
from tests.support.real_paths import REAL

SEEDS = Path(__file__).parents[3] / "seeds"


def places(text: str, title: str = "") -> set[str]:
    return {region_name(code) for code in regions_of(title, text)}


def seed_places(name: str) -> set[str]:
    article = clean(loads((SEEDS / name).read_text("utf-8"), name=name))
    return places(article.text, article.title)


def test_a_list_of_development_zones_gives_its_cities_and_districts_and_the_three_provinces_of_its_title() -> None:
    assert seed_places("000_ea9ff66a1a944709.txt") == {
        "北京市",
        "天津市",
        "河北省",
        "秦皇岛市",
        "唐山市",
        "廊坊市",
        "沧州市",
        "邯郸市",
        "石家庄市",
        "张家口市",
        "北辰区",
        "西青区",
        "武清区",
        "东丽区",
        "曹妃甸区",
    }


def test_a_list_of_allied_cities_gives_those_cities_alone() -> None:
    assert seed_places("003_765698001f50274d.txt") == {
        "长沙市",
        "贵阳市",
        "合肥市",
        "南昌市",
        "宁波市",
        "武汉市",
        "湘潭市",
        "郑州市",
        "株洲市",
        "佛山市",
    }


def test_codes_are_the_standards_and_come_ascending_and_once() -> None:
    assert regions_of("佛山与北京签约", "北京、佛山两地将互认电子证照，北京先行。") == ["110000", "440600"]


def test_full_and_short_names_mean_the_same_place() -> None:
    assert places("唐山市曹妃甸区") == places("唐山曹妃甸") == {"唐山市", "曹妃甸区"}
    assert places("内蒙古自治区") == places("内蒙古") == {"内蒙古自治区"}


def test_a_county_that_has_become_a_district_is_found_by_its_old_name() -> None:
    assert places("密云县的水库") == {"密云区"}
    assert places("富阳市的造纸厂") == {"富阳区"}
    assert places("海滨城市面临城市更新") == set()


def test_every_spelling_is_a_name_a_short_form_or_a_short_form_with_another_ending() -> None:
    doubled = [s for s in gazetteer().senses if s.endswith(("市市", "区市", "县市", "市区", "区县", "县区"))]
    assert set(doubled) <= set(gazetteer().names.values()), doubled


def test_parents_that_are_not_named_are_not_added() -> None:
    assert places("曹妃甸港口吞吐量创新高") == {"曹妃甸区"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("辽宁、吉林和黑龙江三省发布清单", {"辽宁省", "吉林省", "黑龙江省"}),
        ("长春、吉林、四平三市互认证照", {"长春市", "吉林市", "四平市"}),
        ("吉林省吉林市推出新窗口", {"吉林省", "吉林市"}),
        ("吉林市场监管部门约谈企业", {"吉林省"}),
        ("海南自贸港封关运作", {"海南省"}),
        ("海北、海南、黄南三州联办", {"海北藏族自治州", "海南藏族自治州", "黄南藏族自治州"}),
        ("青海海南州牧民办证不出乡", {"青海省", "海南藏族自治州"}),
        ("北京朝阳一小区试点", {"北京市", "朝阳区"}),
        ("辽宁发布：沈阳、朝阳、葫芦岛三市联办", {"辽宁省", "沈阳市", "朝阳市", "葫芦岛市"}),
        ("朝阳产业获得支持", set()),
        ("朝阳的天气不错", set()),
        ("江苏南通通州区招商", {"江苏省", "南通市", "通州区"}),
        ("济南市市中区设立专窗", {"济南市", "市中区"}),
        ("市中区设立专窗", set()),
        ("南京鼓楼区发布通知", {"南京市", "鼓楼区"}),
        ("鼓楼区发布通知", set()),
        ("石家庄长安区与西安市长安区", {"石家庄市", "西安市", "长安区"}),
        ("兰州城关区试点，城关镇同步", {"兰州市", "城关区"}),
        ("呼和浩特市新城区", {"呼和浩特市", "新城区"}),
        ("山东德州出台政策", {"山东省", "德州市"}),
        ("海南东方与昌江遭遇台风", {"海南省", "东方市", "昌江黎族自治县"}),
        ("东方、西方的文明", set()),
        ("海南州的光伏基地", {"海南藏族自治州"}),
        ("云南的大理启动洱海保护", {"云南省", "大理白族自治州"}),
        ("中卫、吴忠两市互认", {"中卫市", "吴忠市"}),
        ("城区、郊区的差距", set()),
    ],
)
def test_ambiguous_names_are_decided_by_what_stands_around_them(text: str, expected: set[str]) -> None:
    assert places(text) == expected


def test_which_tongzhou_and_which_chaoyang_is_read_off_the_parent() -> None:
    assert "110112" in regions_of("", "北京通州副中心开放")
    assert "320612" in regions_of("", "南通市通州区开放")
    assert "110105" in regions_of("", "北京市朝阳区")
    assert "220104" in regions_of("", "长春市朝阳区")


def test_a_court_or_a_police_station_after_a_short_name_makes_it_a_place() -> None:
    assert regions_of("", "朝阳法院把案件移送通州法院") == ["110105", "110112"]
    assert places("大兴分局刑事拘留两人") == {"大兴区"}
    assert places("广州自贸区南沙片区") == {"广州市", "南沙区"}
    assert places("和平法院") == set()


@pytest.mark.parametrize(
    ("old", "now"),
    [
        ("襄樊市", "襄阳市"),
        ("襄樊", "襄阳市"),
        ("思茅市", "普洱市"),
        ("绍兴县", "柯桥区"),
        ("遵义县", "播州区"),
        ("蓟县", "蓟州区"),
        ("海东地区", "海东市"),
        ("金坛市", "金坛区"),
        ("新建县", "新建区"),
        ("光明新区", "光明区"),
        ("南京市白下区", "白下区"),
        ("苏州沧浪区", "沧浪区"),
        ("宁波江东区", "江东区"),
    ],
)
def test_names_of_before_a_merger_or_a_renaming_are_found(old: str, now: str) -> None:
    assert now in places(f"{old}的汽车产业")


def test_the_best_known_namesake_is_taken_when_a_full_name_stands_alone() -> None:
    assert regions_of("", "西湖区教育局发布学区") == ["330106"]


@pytest.mark.parametrize(
    "text",
    [
        "湖北日报记者获悉",
        "据北京青年报报道，财政部已发文",
        "上海证券报刊文",
        "（新华社北京11月25日电）财政部发布公告",
        "本报记者 周明 上海报道",
        "来源：健康广东",
        "北京大学教授认为",
        "毕业于上海财经大学法学院",
        "广州明德慈善基金会负责人介绍",
        "深圳证券交易所发出问询函",
        "江苏启程科技股份有限公司公告",
        "海纳（厦门）股权投资合伙企业（有限合伙）",
        "在南京东路步行街",
        "河南路上的咖啡馆",
        "中山东一路的历史建筑",
        "重庆火锅走红海外",
        "兰州拉面",
        "广东男篮夺冠",
        "王朝阳表示将继续努力",
        "记者李南京报道",
        "国家的长治久安",
        "南面阳台的日照时间更长",
        "北京时间3月4日",
        "美国佛罗里达州与马里兰州的选举",
        "日本北海道地震",
        "推广西部地区的做法，长江西岸的沿海口岸",
        "增值税是财政和政策的工具，科技创新和研发",
        "海口舰与山东舰编队训练",
        "香港时间上午九点开市",
        "海南航空新增两条航线",
        "在北京饭店举行，晚宴设在河南大厦",
        "中国石油大学（北京）教授",
        "普华永道（深圳）的顾问",
        "后市以观望为主。（广州天达）",
        "滨海网海口1月12日消息",
        "本报记者周明上海报道4月25日，财政部发布公告",
        "中国西藏网、中国台湾网报道",
        "本报讯（上海记者 周明）",
        "武汉科技大学金融系主任",
        "武汉丰叶股权投资管理中心（有限合伙）",
        "收购其全资子公司（下称“陕西启禾”）",
        "欠发达县域的产业",
        "韩国海南郡的农户",
        "成渝高铁提速",
    ],
)
def test_names_that_only_contain_a_place_are_no_places(text: str) -> None:
    assert places(text) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("上海市民政局副处长介绍", {"上海市"}),
        ("国家税务总局上海市税务局", {"上海市"}),
        ("人民银行广州分行通报", {"广州市"}),
        ("北京银行业协会与深圳大学生", {"北京市", "深圳市"}),
        ("上海多家公司复工", {"上海市"}),
        ("深圳市场上的房源", {"深圳市"}),
        ("上海路演首日，河南路网升级", {"上海市", "河南省"}),
        ("浙江大学生创业园在浙江揭牌", {"浙江省"}),
        ("北京公立医院与广州三甲医院联网", {"北京市", "广州市"}),
        ("上海中小学开学", {"上海市"}),
        ("深圳部分银行下调利率", {"深圳市"}),
        ("杭州互联网公司招聘", {"杭州市"}),
        ("上海自贸区成立首家外资企业管理公司", {"上海市"}),
        ("同意公司在重庆设立全资子公司", {"重庆市"}),
        ("上海星级酒店客房均价", {"上海市"}),
        ("某保险郑州中心支公司经理", {"郑州市"}),
        ("郑州航空港区与北京饭店业", {"郑州市", "北京市"}),
        ("（以下称“上海金融法院”）", {"上海市"}),
        ("山东（济南）与中国（上海）自由贸易试验区", {"山东省", "济南市", "上海市"}),
        ("河南网民留言，北京网约车新规", {"河南省", "北京市"}),
    ],
)
def test_offices_branches_and_plain_words_after_a_place_leave_it_a_place(text: str, expected: set[str]) -> None:
    assert places(text) == expected


def test_a_company_that_is_named_in_full_is_known_by_its_short_name_too() -> None:
    text = "杭州天泽公告，拟收购资产。杭州天泽橡塑材料股份有限公司董事会收到问询函。"
    assert places(text) == set()
    assert places(text + "会议在杭州召开。") == {"杭州市"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("记者从江苏省统计局和江西省商务厅了解到", {"江苏省", "江西省"}),
        ("民政部会同安徽省提出方案，国内江苏订单最多", {"安徽省", "江苏省"}),
        ("其中山东、山西两省增速居前，其中江苏回升", {"山东省", "山西省", "江苏省"}),
        ("扩大安徽试点范围，加大宁夏投入，振兴山西煤城", {"安徽省", "宁夏回族自治区", "山西省"}),
        ("记者从江西安福县看到", {"江西省", "安福县"}),
        ("甘肃代表团和平凉市座谈", {"甘肃省", "平凉市"}),
        ("贵州从江、四川中江与山西大宁入选", {"贵州省", "从江县", "四川省", "中江县", "山西省", "大宁县"}),
        ("广东珠海中山东莞三地同办", {"广东省", "珠海市", "中山市", "东莞市"}),
        ("浙江平湖南部开挖河道，四川广汉中部道路", {"浙江省", "平湖市", "四川省", "广汉市"}),
        ("四川内江西站与安徽来安庆典", {"四川省", "内江市", "安徽省", "来安县"}),
        ("山东新泰安全大检查", {"山东省", "新泰市"}),
        ("春运平安顺利，公安阳光执法", set()),
        ("货车通过江西境内，途经济南西站，扩大江西开放", {"江西省", "济南市"}),
        ("最近海南降雨，所以上海外滩人少，扩大连云港航线", {"海南省", "上海市", "连云港市"}),
        ("缩小经济南北差距，中国经济南京论坛开幕", {"南京市"}),
        ("台风近海南侧经过，以上海外项目", set()),
    ],
)
def test_a_place_that_begins_with_the_end_of_another_word_is_found(text: str, expected: set[str]) -> None:
    assert places(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("广州发展改革委批复", {"广州市"}),
        ("深圳能源局与湖北能源局签约", {"深圳市", "湖北省"}),
        ("浙江医药价格专班、重庆燃气价格听证", {"浙江省", "重庆市"}),
        ("海南矿业权出让，陕西煤业产能核定", {"海南省", "陕西省"}),
        ("上海大众创业周与北京现代农业园", {"上海市", "北京市"}),
        ("张家港行政审批局、上海精神卫生条例", {"张家港市", "上海市"}),
        ("山东高速公路网，江苏阳光政务平台", {"山东省", "江苏省"}),
        ("重庆燃气涨价听证，各方助力广州发展。", {"重庆市", "广州市"}),
        ("广州发展拟增持，深圳能源（000027）跌停", set()),
        ("北京现代销量下滑，上海大众召回", set()),
        ("重仓股有陕西煤业、重庆水务、山东高速。", set()),
        ("广州发展集团、海南矿业股份", set()),
    ],
)
def test_a_company_of_a_plain_name_hides_its_city_only_where_the_name_ends(text: str, expected: set[str]) -> None:
    assert places(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "北京昨日报告两例",
        "北京市及时报备",
        "北京青年报名参军",
        "北京科技报告制度",
        "北京大街小巷挂灯",
        "北京籍农民工返乡",
        "北京药业监管",
        "北京制药工业",
        "北京煤炭企业集团重组",
        "北京山区小学与农村小学",
    ],
)
def test_reports_lanes_workers_and_trades_are_no_names(text: str) -> None:
    assert places(text) == {"北京市"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("江西省新建改建公路千里", {"江西省"}),
        ("甘肃省合作社、四川安居工程", {"甘肃省", "四川省"}),
        ("云南富民政策，山东推出惠民措施", {"云南省", "山东省"}),
        ("黑龙江省友好城市，四川省南部地区降雨", {"黑龙江省", "四川省"}),
        ("安徽省太湖流域与安徽省无为而治", {"安徽省"}),
        ("河北万全之策，河南省民权益保护", {"河北省", "河南省"}),
        ("北京大兴国际机场与广州白云国际机场", {"北京市", "广州市"}),
        ("沈阳军区、济南军区的官兵", set()),
        ("南昌市新建区，甘肃合作市，黑龙江友好区", {"南昌市", "新建区", "甘肃省", "合作市", "黑龙江省", "友好区"}),
        ("安徽太湖县、河北万全区与河南民权", {"安徽省", "太湖县", "河北省", "万全区", "河南省", "民权县"}),
    ],
)
def test_a_plain_word_right_after_a_province_is_no_county(text: str, expected: set[str]) -> None:
    assert places(text) == expected


def test_a_long_list_that_only_its_last_name_decides_is_read_in_few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0
    look = resolve._in_list

    def counted(mentions: list[resolve._Mention], index: int) -> str | None:
        nonlocal looked
        looked += 1
        return look(mentions, index)

    monkeypatch.setattr(resolve, "_in_list", counted)
    assert places("东城、西城、" * 300 + "北京东城") == {"北京市", "东城区", "西城区"}
    assert looked < 3 * 600


def test_a_barred_word_without_a_place_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no_place: .沿途\|风景."):
        barred(["沿途|风景"], gazetteer().senses)


def test_a_word_for_several_places_names_each() -> None:
    assert places("北上广深房租上涨") == {"北京市", "上海市", "广州市", "深圳市"}
    assert places("粤港澳大湾区规划") == set()
    assert places("成渝双城经济圈") == {"重庆市", "成都市"}
    assert places("苏锡常与长株潭") == {"苏州市", "无锡市", "常州市", "长沙市", "株洲市", "湘潭市"}


def test_a_county_counts_only_near_its_parent() -> None:
    far = "，各地陆续开通线上办理渠道" * 60
    assert places("太原、阳泉，以及大同的做法") == {"太原市", "阳泉市", "大同市"}
    assert places(f"广西推出新政{far}，融安的做法") == {"广西壮族自治区"}
    assert places("南宁开会，融安的做法") == {"南宁市"}
    assert places("广西推出新政，融安的做法") == {"广西壮族自治区", "融安县"}


def test_the_lexicon_is_consistent() -> None:
    book = gazetteer()
    assert len(book.names) > 3200
    assert all(len(code) == 6 and code.isdigit() for code in book.names)
    for code in book.names:
        assert code[:2] + "0000" in book.names, code
    assert {code for codes in book.together.values() for code in codes} <= book.names.keys()
    with pytest.raises(KeyError, match="unknown_region: '999999'"):
        region_name("999999")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([*list(gazetteer().senses)[::7], "、", "和", "，", "市", "区", "路", "大学", "公司", "\n"]),
        max_size=30,
    )
)
def test_any_string_of_names_gives_known_codes_in_order(parts: list[str]) -> None:
    codes = regions_of("", "".join(parts))
    assert codes == sorted(set(codes))
    assert set(codes) <= gazetteer().names.keys()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=200))
def test_any_text_is_read_without_an_error(title: str, text: str) -> None:
    assert isinstance(regions_of(title, text), list)


@needs_real
def test_labelled_texts_are_read_at_95_percent_precision_and_90_percent_recall_without_a_trap() -> None:
    corpus = REAL / "corpus"
    rows = [json.loads(line) for line in (corpus / "roll2509_texts.jsonl").read_text("utf-8").splitlines()]
    texts = {row["idx"]: row for row in rows}
    right = wrong = missing = 0
    for label in json.loads((corpus / "roll2509_regions.json").read_text("utf-8")):
        got = places(texts[label["idx"]]["text"], texts[label["idx"]]["title"])
        expected = set(label["regions"])
        assert not got & {trap["name"] for trap in label["traps"]}, label["idx"]
        right += len(got & expected)
        wrong += len(got - expected - {unsure["name"] for unsure in label["unsure"]})
        missing += len(expected - got)
    assert right / (right + wrong) >= 0.95
    assert right / (right + missing) >= 0.90
