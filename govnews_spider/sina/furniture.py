"""Page furniture inside Sina's article bodies: blocks, sentences and pictures to drop, as data."""

from __future__ import annotations

import re
from typing import Final

BLOCK_CLASSES: Final = frozenset(
    {
        "app-kaihu-qr",  # 开户 QR code
        "appendQr_wrap",  # 海量资讯、精准解读，尽在新浪财经APP
        "artical-player-wrap",  # video player (so spelt)
        "article-notice",  # 特别声明 of account pages
        "blkComment",
        "corrTxt_01",  # 相关专题
        "ct_hqimg",  # 热点栏目 strip or quote chart
        "goods-card",
        "otherContent_01",
        "quotation",  # 引文 of a survey or an ad
        "show_statement",
        "sinaads",
        "tech-quotation",
        "video-2017",
        "wap_special",
        "weibo-2017",
    }
)
"""A block with one of these classes is dropped whole."""

BLOCK_IDS: Final = frozenset({"Video_Cont", "ad_44086", "left_hzh_ad", "sinashareto", "wx_pic", "xy-video-ctr"})
"""A block with one of these ids is dropped whole."""

BLOCK_ATTRIBUTES: Final = frozenset({"sax-type"})
"""A block with one of these attributes is a slot of the ad server."""

QUOTE_ID: Final = re.compile(r"quote_\w+")
"""``span#quote_sh601899``: empty in the page, filled with today's price by the browser that saved it."""

PAGER_CLASSES: Final = frozenset({"page", "pagebox"})
PAGER: Final = re.compile(r"(?:上一页|下一页|上页|下页|首页|末页|尾页|\d+|[.…<>«»|\[\]\s])*")
"""The text of a pager: an element of these classes that says more is none."""

LINE_LENGTH: Final = 300
"""Characters; a longer line is a paragraph of the text, whatever it begins with."""

SAYS_SOMETHING: Final = re.compile(r"[（(【\[]?\s*(?:原标题|责任编|责编|编辑|(?:文章|稿件|信息)?来源)")
"""How the lines below begin that say something of the article; most lines do not, and are compared with none of them."""

ORIGINAL_TITLE: Final = re.compile(
    r"(?:原标题\s*[：:\s]\s*(?P<plain>.+?)|[（(【]\s*原标题\s*[：:\s]\s*(?P<bracketed>.+?)\s*[）)】])", re.DOTALL
)
"""A whole line that gives the headline under which another medium ran the text; brackets belong to the line only in pairs."""

_EDITOR_NAME: Final = r"(?:[\u4e00-\u9fff·]{2,5}|[A-Za-z]{2,10}|[A-Z]{0,3}\d{2,5})"
_EDITORS: Final = rf"{_EDITOR_NAME}(?:[\s、/]{{1,3}}{_EDITOR_NAME}){{0,2}}"
EDITOR: Final = re.compile(
    rf"[（(【\[]?\s*(?:责任编辑|责任編輯|责编)\s*[：:|丨\s]\s*(?P<editor>{_EDITORS})?"
    r"(?:\s*[；;，,\s]\s*(?:校对|审核|主编|监制)\s*[：:]?.{0,20})?\s*[）)】\]]?"
)
"""A whole line that names the editor, with the code where there is one (``支全明 SF099``), or that was left without a name."""
OTHER_EDITOR: Final = re.compile(rf"[（(【]\s*编辑\s*[：:]\s*(?P<editor>{_EDITORS})\s*[）)】]")
"""（编辑：SN064）, in brackets only: 编辑：… without them may be a question in an interview. Counts where no 责任编辑 is named."""
EDITOR_TAIL: Final = re.compile(rf"[（(【]\s*(?:责任编辑|责编)\s*[：:]\s*(?P<editor>{_EDITORS})\s*[）)】]$")
"""The editor in brackets at the end of a paragraph."""
EDITOR_CLASSES: Final = frozenset({"article-editor", "show_author"})
"""Elements that hold the editor's line, and nothing of the article where that line is empty."""
EDITOR_LABEL: Final = re.compile(
    r"[（(【]?\s*(?:责任编辑|责任編輯|责编|编辑)?\s*[：:]?\s*(?P<editor>.{0,30}?)\s*[）)】]?"
)
"""What such an element says."""

SOURCE: Final = re.compile(
    r"[（(【]?\s*(?:文章|稿件|信息)?来源\s*[：:]\s*@?(?P<source>[^：:。，；（）()]{2,30}?)(?:\s+责任编辑\s*[：:]\s*\S{2,12})?\s*[）)】]?"
)
"""A whole line that names the medium."""

AD_COMMENT: Final = re.compile(r"<!--article_adlist\[(?P<html>.*?)\]article_adlist-->", re.DOTALL)
"""Removed blocks kept as a comment: may hold whole paragraphs and pictures that no reader sees, and now and then the 来源 line."""

PROMOTION: Final = re.compile(
    "|".join(
        (
            r"THE_END",
            r"进入【?新浪财经股吧】?\s*讨论",
            r".{0,12}海量资讯、精准解读，尽在新浪财经APP.{0,4}",
            r"新浪财经意见反馈留言板.*",
            r"【线索征集令！】.*",
            r"新浪财经Level2：A股极速看盘.*",
            r"热点栏目\s*(?:自选股|资金流向)\s.{0,60}",
            r"登录新浪财经APP\s*搜索【信披】.*",
            r"炒股就看金麒麟分析师研报.*",
            r"新浪财经\s*语音播报\s*缩小字体.*",
            r"7x24\s?小时全球实时财经新闻\s*直播.*",
            r"点击查看最新行情",
            r"相关新闻\s*加载中.{0,20}",
            r"新浪简介\s*┊.*",
            r"(?:特别声明：)?以上文章内容仅代表作者本人观点.*",
            r"(?:【?免责声明】?：)?自媒体综合提供的内容均源自自媒体.*",
            r"(?:新浪)?声明：(?:新浪网(?:独家稿件)?登载此文出于传递更多信息之目的|此消息系转载自新浪合作媒体).*",
            r"新浪声明：.*",
            r"声明：新浪网独家稿件，未经授权禁止转载。?",
            r"分享到\s*[：:]?",
            r"@@\w+@@.*",
            r"查看更多董秘问答\s*>>",
            r"文章关键词\s*[：:].{0,60}",
            r"我要反馈(?:\s*新浪直播.{0,30})?",
            r"炒股开户享福利(?:[！!，,].{0,30})?",
            r"股市跌了别害怕！.{0,30}",
            r"股市回暖，抄底炒股先开户！.{0,30}",
            r"当前浏览器不支持在线预览PDF文件.*",
            r"下一条快讯将在\s*\d*\s*秒.{0,10}",
            r"看明星八卦、查影讯电视节目.*",
            r"微博推荐\s*\|.*",
            r"本栏目所有文章目的在于传递更多信息.*",
            r"新浪军事：最多军迷首选的军事门户！",
            r"查看更多美图请进入娱乐幻灯图集.{0,20}",
            r"更多精彩内容请进入.{2,12}(?:频道|专题)\s*(?:>>|＞＞)?",
            r"(?:主编|校对|审核|监制)\s*[：:/／]\s*\S{2,6}(?:\s+(?:主编|校对|审核|监制|责编)\s*[：:/／]?\s*\S{2,6}){0,3}",
            r"阅读原文",
            r"举报/反馈",
            r"(?:上一页\s*)?(?:\d+\s+)*\d*\s*下一页",
        )
    ),
    re.DOTALL,
)
"""Whole lines that advertise, disclaim or navigate."""

NO_PICTURE: Final = re.compile(
    "|".join(
        (
            r"^data:",
            r"//n\.sinaimg\.cn/finance/cece9e13/",  # QR codes of the apps
            r"//picsum\.photos/",  # random placeholder of documents without a picture
            r"/entphone\.gif",
            r"//image\.sinajs\.cn/newchart",  # quote chart
            r"//mmbiz\.qpic\.cn/.*\bwx_fmt=gif\b",
            r"[/_-](?:qr_?code|erweima|logo)[._/-]",
        )
    ),
    re.IGNORECASE,
)
"""Addresses that are no picture of the article."""

SPACER: Final = re.compile(r"/(?:home/c|blank|spacer?|transparent|pixel)\.(?:gif|png)\b", re.IGNORECASE)
"""Addresses of pictures that only take up room."""

PICTURE_PROXY: Final = "https://cors.zfour.workers.dev/?"
"""Prefix that the documents' producer put before pictures that were not on https."""
