"""The body of an article as the templates write it: furniture, 原标题 line, blocks, editor line."""

from __future__ import annotations

import re
from html import escape

from tests.site import furniture
from tests.site.model import Block, SiteArticle

INDENT = "　　"


def body(article: SiteArticle) -> str:
    """The whole `#artibody` (finance) or `#article` (news) element."""
    finance = article.template == "finance"
    parts = [f'<div class="article" id="{"artibody" if finance else "article"}">\n']
    parts += [furniture.BODY_START] if finance else []
    parts += _chosen(article, furniture.HEAD)
    if article.original_title:
        mark = ' class="ori_titlesource"' if finance else ""
        parts.append(f"<p{mark}>{INDENT}原标题：{escape(article.original_title, quote=False)}</p>\n")
    linked: set[str] = set()
    for number, block in enumerate(article.blocks):
        parts.append(_block(article, block, linked))
        parts += _chosen(article, furniture.MIDDLE) if number == 1 else []
    parts.append(f"<!-- news_keyword_pub,stock,{'&'.join(article.stocks.values())} -->\n")
    parts += _chosen(article, furniture.TAIL)
    parts += [furniture.APP_QR] if finance else []
    if article.editor:
        mark = "article-editor" if finance else "show_author"
        parts.append(f'<!-- 编辑姓名及工作代码 -->\n<p class="{mark}">责任编辑：{article.editor} </p>\n')
    return "".join([*parts, "<!-- 编辑姓名及工作代码-->\n</div>\n<!-- 正文 end -->\n"])


def _chosen(article: SiteArticle, pieces: dict[str, str]) -> list[str]:
    return [html for name, html in pieces.items() if name in article.furniture]


def _block(article: SiteArticle, block: Block, linked: set[str]) -> str:
    if block.kind == "image":
        return _image(block)
    if block.kind == "table":
        rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in block.rows)
        return f'<table border="1" class="tableCont"><tbody>\n{rows}</tbody></table>\n'
    text = _link_stocks(escape(block.text, quote=False), article.stocks, linked)
    if block.kind == "subhead":
        text = f'<font cms-style="font-L strong-Bold align-Center color0">{text}</font>'
        return f'<p cms-style="font-L align-Center">{INDENT}{text}</p>\n'
    if article.style == "plain":
        text = re.sub(r"^([^，<（]{2,12})，", r"<strong>\1</strong>，", text)
        return f"<p>{INDENT}{text}</p>\n"
    if article.style == "font":
        text = f'<font cms-style="font-L">{text}</font>'
    return f'<p cms-style="font-L">{INDENT}{text}</p>\n'


def _link_stocks(text: str, stocks: dict[str, str], linked: set[str]) -> str:
    """Each company's first mention becomes Sina's pair of spans; the second is empty until scripts fill it."""
    for name, code in stocks.items():
        if name in text and name not in linked:
            linked.add(name)
            link = f"https://finance.sina.com.cn/realstock/company/{code}/nc.shtml"
            pair = f'<span id="stock_{code}"><a href="{link}" class="keyword f_st" target="_blank">{name}</a></span>'
            text = text.replace(name, f'{pair}<span id="quote_{code}"></span>', 1)
    return text


def _image(block: Block) -> str:
    """Addresses with and without the scheme, captions in `alt` and in their own span."""
    source = block.url.removeprefix("https:") if len(block.text) % 2 else block.url
    caption = escape(block.text)
    picture = f'<img id="0" src="{source}" alt="{caption}">'
    return f'<div class="img_wrapper">{picture}<span class="img_descr">{caption}</span></div>\n'
