"""Bylines: the reporters that a text names itself, in a dateline, in a byline, or in brackets at its end."""

from __future__ import annotations

import re
from typing import Final

HEAD: Final = 5
"""Lines from the beginning of a text where datelines and bylines stand; 记者 further down are quoted, or credited for pictures."""
TAIL: Final = 3
"""Lines at the end of a text where a byline may stand."""
LENGTH: Final = 60
"""Characters of a byline; what is longer is a sentence."""

_GROUP: Final = re.compile(rf"[（(【]([^（()）【】]{{3,{LENGTH}}})[)）】]")
_ROLE: Final = re.compile(r"[者文译写]")
"""What every credit has, and most lines have not: compared first, for it costs a tenth."""
_CREDIT: Final = re.compile(
    r"[^\w]*(?P<before>[^\s。，；：:？！]{0,16}?)(?:(?P<reporter>记者)|(?P<writer>作者(?:署名)?|撰文|采写|编译|翻译|译者)|(?P<text>文|译)(?=\s*[/／丨|:：]|\s\S{2,8}[网报社]\s))"
    r"\s*[:：/／丨|]?\s*(?P<names>\S.*)"
)
_NOT_BY: Final = re.compile(r"[图摄]|视频|来源|转自|供稿|[。？！?!]")
_OTHER_ROLE: Final = re.compile(r"编辑|通讯员|实习生|摄影|校对|责编|审核|审校|监制|主编|剪辑")
_SAME_ROLE: Final = re.compile(
    r".*记者|.{2,}(?:报|网|社|台|刊|周刊|新闻|客户端|财经|在线)|作者|文|发自.*|.{2,5}(?:报道|电|讯)"
)
_BETWEEN: Final = re.compile(r"[、，,\s/／|丨&]+|(?<=[\u4e00-\u9fff]{2})和(?=[\u4e00-\u9fff]{2})")
"""What stands between names; 和 only where a whole name stands on either side: it is a sign of names, too."""
_NAME: Final = re.compile(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{1,6}(?:·[\u4e00-\u9fff]{1,8})+")
_NO_PERSON: Final = re.compile(
    r".*(?:部|局|委|院|会|社|网|报|台|公司|财经|新闻|编辑部|小组|中心|频道|团队|工作室)|匿名|佚名|谢谢|手记|整理|综合|提问|感言|获悉|认为|表示|指出"
)
_SURNAMES: Final = frozenset(
    "萧阎闻岳佩翦矫兀邝冒勇苌仉薄阙逄鄂鄢酆禚笪谯璩黑拜買买海木沃麻迪艾努古依王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹"
    "薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍"
    "涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和"
    "仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井"
    "祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶"
    "斯元束檀衣信展阴昝智幸奉植衡富尧闭由傅"
)
"""First signs of family names, in no order; 欧阳 and 司马 begin with one of them too."""
_DOUBLE: Final = (
    "上官",
    "诸葛",
    "东方",
    "皇甫",
    "令狐",
    "端木",
    "慕容",
    "尉迟",
    "公孙",
    "长孙",
    "宇文",
    "轩辕",
    "夏侯",
    "司徒",
    "太史",
)


def reporters(text: str) -> str | None:
    """Reporters that a dateline or a byline of the text names, joined by ``、``; None where it names nobody."""
    lines = text.split("\n")
    for line in (*lines[:HEAD], *lines[HEAD:][-TAIL:]):
        groups = _GROUP.findall(line[:2000])
        for candidate in (line, *groups) if len(line) <= LENGTH else groups:
            if _ROLE.search(candidate) and (names := credited(candidate)):
                return names
    return None


def credited(credit: str) -> str | None:
    """The names in 记者 吴婷婷, 采写/新京报记者 魏铭言 or 作者：王小明 编辑：李四 (王小明 alone); None where it credits no writer."""
    match = _CREDIT.fullmatch(credit)
    if match is None or _NOT_BY.search(credit):
        return None
    pen_names = match["reporter"] is None
    names = []
    for token in filter(None, _BETWEEN.split(match["names"])):
        if _OTHER_ROLE.search(token):
            break
        if _NAME.fullmatch(token) and not _SAME_ROLE.fullmatch(token) and _is_person(token, pen_names=pen_names):
            names.append(token)
        elif not _SAME_ROLE.fullmatch(token):
            return None
    return "、".join(names) or None


def _is_person(name: str, *, pen_names: bool) -> bool:
    if _NO_PERSON.fullmatch(name):
        return False
    return pen_names or "·" in name or name[0] in _SURNAMES or name.startswith(_DOUBLE)
