"""Fragments that are put into a page to damage it: data."""

from __future__ import annotations

from typing import Final

TAGS: Final = ("div", "b", "table", "ul", "center", "font", "a", "span", "li", "em", "section")
OPENED: Final = (
    *(
        "<!--",
        "<script>",
        "<style>",
        "<textarea>",
        "<title>",
        "<noscript>",
        "<plaintext>",
        "<svg>",
        "<math>",
        "<select>",
        "<template>",
        "<![CDATA[",
    ),
    *(
        "<table><td>",
        "<iframe>",
        "<xmp>",
        "<?php",
        "</",
        "<ul>",
        "<button>",
        "<object>",
        "<frameset>",
        "</body>",
        "</html>",
        "<head>",
        "<body>",
        "<form>",
    ),
    *("<a href='", '<p title="', "<!--article_adlist["),
)
"""Tags that are opened and never closed."""
ENTITIES: Final = (
    *(
        "&#xD800;",
        "&#xDFFF;",
        "&#0;",
        "&#x0B;",
        "&#128;",
        "&#xFFFFFFFF;",
        "&#xFFFE;",
        "&#xFFFD;",
        "&#8232;",
        "&#133;",
        "&nbsp;",
        "&shy;",
        "&#x7f;",
        "&zwj;",
    ),
    *("&amp;lt;b&amp;gt;", "&lt;script&gt;alert(1)&lt;/script&gt;", "&#123;&#125;", "&amp;#123;"),
)
SNIPPETS: Final = (
    "<table><tr><td>事项<td>时限<tr><td colspan=2 rowspan=99999>@N@<td><p>一<p>二<img src=//a/b.jpg></table>",
    "<table><tr><td><table><tr><td>1<td>2<tr><td>3<td>4</table><td>5<tr><td>6<td>7</table>",
    "<table><tr><td>甲<td> <tr><td><ul><li>乙</ul><td><h3>丙</h3><br>丁<tr><th></table>",
    "<table><tr><td>甲<td>乙</td></tr></tr><tr><td>责任编辑：王翔<td>原标题：通知</table>",
    "<div class=img_wrapper><img src=http://n.sinaimg.cn/a.jpg alt='图 为'><span class=img_descr>图为<b>现场</b></span>下文",
    "<center><img src='//n.sinaimg.cn/b.jpg'><br>王翔 摄<p>新华社记者 王翔 摄</p></center>",
    "<p align=center><img src='https://n.sinaimg.cn/c d.jpg?a=1&b=\"2'></p><p align=center><strong>小标题</strong></p>",
    "<p>责任编辑：<b>王</b> 翔 SF014<br>（责编：李明）</p><p>编辑：<br>张三</p>",
    "<p>原标题：《“放管服”改革_再提速》<br>正文一行<br>原标题：</p>",
    "<p>作者：王翔</p><p>（记者 王翔、李明 通讯员 赵四）</p><p>责任编辑：王翔</p>",
    "<p>来源：@新华社</p><p>新浪声明：<br>此消息系转载</p><h1>新浪财经讯</h1>",
    "<ul><li>一<ul><li>二<p>三</ul><li><li><img src=//n.sinaimg.cn/d.png></ul><ol><p>四<li>五</ol>",
    "<a href='http://a/?b=1&c=2\"><script>'>甲<a href=javascript:alert(1)>乙<b><a href=//c>丙</b>丁</a>",
    "<p><strong>甲<em>乙</strong>丙</em><sub> </sub><sup>2</sup> <b></b>\u3000\u3000\u00a0丁<i> 戊</i> 己</p>",
    "<pre>\n  甲\n\n  乙  </pre><blockquote>丙<hr>丁</blockquote><details><summary>戊</summary>己</details>",
    "<p>a\u200b\u200e\u202eb\ufeff\u2060 \u200b c\u0085d\u2028e\u2029f\x1cg\u180eh</p>",
    "<figure><img src=https://n.sinaimg.cn/e.jpg><figcaption>图注<br>第二行</figcaption></figure><figcaption>无图</figcaption>",
    "<img src=https://n.sinaimg.cn/finance/cece9e13/x.png><figcaption>扫码</figcaption><img src=/home/c.gif><img src>",
    "<p>@N@{x}&#123;y&#125;{% raw %}</p><div>   \n</div>\n            <div>",
    "<h1 class=main-title></h1><h1 id=artibodyTitle> </h1><div class=date-source><span class=date>2018年13月45日 99:99</span></div>",
    '<script>var slide_data = {"slide":{"title":"x"},"images":[{"download_img":"//a/b.jpg","intro":@N@}, null, 3]}</script>',
    "<script>var slide_data = @OPEN@</script>",
    "<meta property=og:url content='http://[finance.sina.com.cn'><meta name=publishid content='x y:/\"@N@'>",
    "<meta name='weibo: article:create_at' content='2018-99-99 25:61:61'><meta name=mediaid content='&#xD800;'>",
    "<span id=quote_sh601899>(1,2)</span><p class=page>1 2 下一页</p><div sax-type=x>广告</div><div id=Video_Cont></div>",
    "<!--article_adlist[<p>来源：新华社</p><!-- x --><p>尾</p>]article_adlist-->",
)
"""Markup of the kinds that bodies and heads hold, broken; ``@N@`` is a number, ``@OPEN@`` an opening of JSON many times over."""
UNITS: Final = (
    "<p>财政部25日发布公告，小微企业可缓缴税款。</p>",
    "财政部25日发布公告，",
    "<br>",
    "<b>甲</b>乙",
    "<div><span>丙</span></div>",
    "<img src='//n.sinaimg.cn/a.jpg'>",
    "<tr><td>一<td>二",
    "<table><tr><td>一<td>二<tr><td>三<td>四</table>",
    "<li>五",
    "&nbsp;",
    " ",
    "<a href='https://a/'>六",
    "<p>",
    "（",
    "记者 ",
    "原标题：",
    "1 ",
    "<!-- x -->",
)
"""Filling of a body of eight megabytes."""
PLACES: Final = (r"\d{4}([年./-])", r"\d\d:\d\d", r'content="[^"]*"', r'(?:src|href)="[^"]*"', r">[^<>]{2,30}<", r"\d+")
"""Patterns of values."""
VALUES: Final = (
    *(
        "2018年2月30日 10:10",
        "0000",
        "99:99",
        'content=""',
        'src="data:x"',
        "><",
        "9" * 5_000,
        'src="https://[x"',
        "２０１８",
    ),
)
"""Values that take the place of a right one."""
CODECS: Final = (
    "utf-8",
    "gb18030",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "big5",
    "shift_jis",
    "utf-7",
    "utf-32",
    "hz",
    "utf-8-sig",
)
CLAIMS: Final = (
    *CODECS,
    *("gb2312", "iso-8859-1", "ascii", "x-unknown", "rot13", "idna", "unicode_escape", "punycode"),
)
HEADERS: Final = (
    *(
        None,
        None,
        "text/html",
        "text/html; charset=utf-8",
        "text/html; charset=gb2312",
        "text/html; charset=iso-8859-1",
    ),
)
CONTROLS: Final = (0, 0, 1, 8, 11, 12, 27, 28, 31, 127, 128, 133, 159, 0x200B, 0xFEFF)
"""Code points of signs that nobody sees."""
RANGES: Final = ((0x20, 0x7F), (0xA0, 0x300), (0x2000, 0x2070), (0x3000, 0x9FFF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF))
"""Code points of signs."""
URLS: Final = ("", "", "http://[", "https://finance.sina.com.cn/7x24/1.shtml", "https://a.example/")
"""Addresses that say nothing of the page."""
