"""Furniture of Sina's pages: parts around and inside an article that do not belong to it (templates of 2018 to 2024)."""

from __future__ import annotations

OPTIONAL = ("promo_head", "promo_tail", "video", "special", "adlist", "adlist_image", "kaihu_qr", "ad_frame", "notice")
"""Pieces that an article has or has not; the others stand on every page of their template."""

QR_IMAGE = "https://n.sinaimg.cn/finance/cece9e13/20200514/343233024.png"

HEAD = {
    "video": """<!--video-list-->
<div class="video-2017" id="videoList0"></div>
<script>SINA_TEXT_PAGE_INFO['videoDatas0'] = [{video_id: 310848025, title: '视频标题不是正文', url: ''}];</script>
<!--/video-list-->
""",
    "promo_head": '<p><a href="https://finance.sina.com.cn/mobile/comfinanceweb.shtml" target="_blank">'
    "炒股就看金麒麟分析师研报，权威，专业，及时，全面，助您挖掘潜力主题机会！</a></p>\n",
    "ad_frame": '<div id="ad_44086" class="otherContent_01" style="width:300px;height:250px;">'
    '<ins class="sinaads" data-ad-pdps="PDPS000000044086">广告位招租</ins></div>\n',
}
MIDDLE = {
    "adlist": '<!--article_adlist[<p cms-style="font-L">　　阅读原文请点击左下角链接</p>'
    "<p>举报/反馈</p>]article_adlist-->\n",
    "adlist_image": "<!--article_adlist[<p>扫码关注我们的公众号</p>"
    '<img src="https://n.sinaimg.cn/tool/ad/removed.gif" alt="广告图">]article_adlist-->\n',
}
TAIL = {
    "special": '<div class="wap_special"><div class="tlt">点击进入专题：</div>'
    '<a href="https://finance.sina.com.cn/zt_d/zwfw" target="_blank">政务专题|聚焦办事改革</a></div>\n',
    "promo_tail": "<p>　　进入【新浪财经股吧】讨论</p>\n",
    "notice": '<p class="article-notice">新浪声明：此消息系转载自新浪合作媒体，不代表本站观点。</p>\n',
    "kaihu_qr": """<!-- 开户二维码 start -->
<style>
.app-kaihu-qr {text-align: center;padding: 20px 0;}
.app-kaihu-qr img {width: 170px;height: 170px;}
</style>
<div class="app-kaihu-qr"><span>开户送红包，每天限量发放！</span>
<img src="https://n.sinaimg.cn/finance/200/w500h500/20211208/03b0-kaihu.png"></div>
<!-- 开户二维码 end -->
""",
}

BODY_START = """<!-- 秒拍begin -->
<!-- 秒拍end -->
<!-- 视频播放器start -->
<!-- 视频播放器end -->
<!-- 行情图begin -->
<!-- 行情图end -->
"""
APP_QR = f"""<!-- 正文下iframe -->
<!-- 正文下iframe -->
<!-- 总声明-->
<!-- 总声明-->
<!-- 文末二维码 start -->
<style>
.appendQr_wrap{{border:1px solid #E6E6E6;padding:8px;}}
.appendQr_normal{{float:left;}}
.appendQr_normal img{{width:74px;}}
</style>
<div class="clearfix appendQr_wrap">
<div class="appendQr_normal"><img src="{QR_IMAGE}"></div>
<div class="appendQr_normal_txt">海量资讯、精准解读，尽在新浪财经APP</div>
</div>
<!-- 文末二维码 start -->
"""
SHARE_BAR = """<div class="page-tools" data-sudaclick="blk_share">
<span class="tool-icon tool-des-fs first"><a href="javascript:;" title="缩小字体">缩小字体</a></span>
<span class="tool-icon tool-ins-fs"><a href="javascript:;" title="放大字体">放大字体</a></span>
<span class="tool-icon tool-fav"><a href="javascript:;" title="收藏本页">收藏</a></span>
<span class="tool-icon tool-wb"><a href="javascript:;" data-share="weibo" title="分享到微博">微博</a></span>
<span class="tool-icon tool-wx"><a href="javascript:;" data-share="weixin" title="分享到微信">微信</a></span>
<span class="tool-icon tool-share"><a href="javascript:;" title="更多分享">分享</a></span>
</div>
"""
BOTTOM = """<div class="blk-wxfollow clearfix"><div class="wx-qr">
<img src="//simg.sinajs.cn/products/news/items/2017/pc_news_article/img/news-code.jpg" alt="新浪新闻公众号"></div>
<div class="wx-info"><span>新浪新闻公众号</span><p>更多消息请扫描左侧二维码</p></div></div>
<div class="blk-comment" id="wrap_bottom_omment"><div id="bottom_sina_comment" class="sina-comment-wrap">
<span class="count"><em><a href="#">0</a></em>条评论</span><textarea placeholder="我有话要说..."></textarea></div></div>
<div class="blk-related clearfix" id="tab_related"><a class="cur">相关新闻</a>
<div class="cardlist-a__loading">加载中</div><div class="cardlist-a__more">点击加载更多</div></div>
<div class="article-content-right"><div class="news-box" id="recommendB"><h3>推荐新闻</h3><ul class="recommend_news2">
<li><a href="https://news.sina.com.cn/w/2021-11-20/doc-ikyamrmy0000001.shtml">这是别的新闻的标题，不是本文</a></li>
</ul></div></div>
<div class="footer"><p>新浪简介 ┊ 广告服务 ┊ 联系我们 ┊ 招聘信息</p></div>
"""

NOT_FOUND = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>页面没有找到</title></head>
<body><div class="errorBlock"><h1>抱歉，您要访问的页面不存在</h1>
<p>5秒钟之后将会带您进入新浪首页!</p><a href="https://www.sina.com.cn/">返回首页</a></div></body></html>
"""
