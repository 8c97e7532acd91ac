"""What stands inside Sina's article bodies and is no part of the article: blocks, sentences and pictures to drop, as data."""

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

LINE_LENGTH: Final = 300
"""Characters; a longer line is a paragraph of the text, whatever it begins with."""

ORIGINAL_TITLE: Final = re.compile(r"[（(【]?\s*原标题\s*[：:\s]\s*(?P<original_title>.+?)\s*[）)】]?")
"""A whole line that gives the headline under which another medium ran the text."""

EDITOR: Final = re.compile(
    r"[（(【\[]?\s*(?:责任编辑|责任編輯|责编|编辑)\s*[：:]\s*(?P<editor>[^：:。，；]{1,30}?)\s*[）)】\]]?", re.DOTALL
)
"""A whole line that names the editor, with the code where there is one (``支全明 SF099``)."""

SOURCE: Final = re.compile(r"[（(【]?\s*(?:文章)?来源\s*[：:]\s*@?(?P<source>[^：:。，；]{2,30}?)\s*[）)】]?")
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
            r"热点栏目\s*(?:自选股|资金流向)\s.*",
            r"登录新浪财经APP\s*搜索【信披】.*",
            r"炒股就看金麒麟分析师研报.*",
            r"新浪财经\s*语音播报\s*缩小字体.*",
            r"7x24\s?小时全球实时财经新闻\s*直播.*",
            r"点击查看最新行情",
            r"相关新闻\s*加载中.*",
            r"新浪简介\s*┊.*",
            r"(?:特别声明：)?以上文章内容仅代表作者本人观点.*",
            r"(?:【?免责声明】?：)?自媒体综合提供的内容均源自自媒体.*",
            r"(?:新浪)?声明：(?:新浪网(?:独家稿件)?登载此文出于传递更多信息之目的|此消息系转载自新浪合作媒体).*",
            r"新浪声明：.*",
            r"声明：新浪网独家稿件，未经授权禁止转载。?",
            r"分享到\s*[：:]?",
            r"@@\w+@@.*",
            r"查看更多董秘问答\s*>>",
            r"文章关键词\s*[：:].*",
            r"我要反馈.*",
            r"炒股开户享福利.*",
            r"股市跌了别害怕！.*",
            r"股市回暖，抄底炒股先开户！.*",
            r"当前浏览器不支持在线预览PDF文件.*",
            r"下一条快讯将在.*",
            r"看明星八卦、查影讯电视节目.*",
            r"微博推荐\s*\|.*",
            r"本栏目所有文章目的在于传递更多信息.*",
            r"新浪军事：最多军迷首选的军事门户！",
            r"(?:查看)?更多(?:精彩|美图|\S{0,6}).{0,6}请进入.{2,40}",
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
