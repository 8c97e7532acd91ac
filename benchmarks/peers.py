"""The extractors that are compared, each behind one shape: ``Page -> Record``.

Peers get the best use that their own documentation allows: the page rightly decoded (several misread Chinese encodings), its
address, the language, metadata on, comments off, nothing downloaded. What they give is taken over where it means
the same; where a field is close to another, the mapping is the one that helps them.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.pages import Page
from benchmarks.scoring import Record
from govnews_spider.core.extract.times import read_time

Extractor = Callable[[Page], Record]


def ours() -> Extractor:
    """The whole of ``extract``: bytes in, every stage applied."""
    from govnews_spider.core import extract

    def run(page: Page) -> Record:
        article = extract(page.data, url=page.url)
        return Record(
            title=article.title,
            published_at=article.published_at,
            source=article.source,
            editor=article.editor,
            author=article.author,
            keywords=article.keywords,
            images=[image.url for image in article.images],
            text=article.text,
        )

    return run


def floor() -> Extractor:
    """A bare parse, bytes in: what no extractor that builds a tree can undercut."""
    from selectolax.lexbor import LexborHTMLParser

    def run(page: Page) -> Record:
        LexborHTMLParser(page.data)
        return Record()

    return run


def trafilatura(*, fast: bool = False, favor_precision: bool = False, with_metadata: bool = True) -> Extractor:
    """``bare_extraction``, the publication date asked for with its time; with pictures on its text gets worse, so they are off."""
    from trafilatura import bare_extraction

    dates = {"original_date": True, "extensive_search": True, "outputformat": "%Y-%m-%dT%H:%M"}

    def run(page: Page) -> Record:
        found = bare_extraction(
            page.text,
            url=page.url,
            fast=fast,
            favor_precision=favor_precision,
            include_comments=False,
            with_metadata=with_metadata,
            date_extraction_params=dict(dates),
        )
        if found is None:  # its word for a page without text
            return Record()
        return Record(
            title=found.title,
            published_at=read_time(found.date or ""),
            source=found.sitename,
            author=found.author,
            keywords=[word for tags in found.tags or () for word in tags.split(",")],
            text=found.text,
        )

    return run


def newspaper4k() -> Extractor:
    """``Article`` in Chinese, with the pictures of the node that it takes for the article."""
    from newspaper import Article

    def run(page: Page) -> Record:
        article = Article(page.url, language="zh", fetch_images=False)
        article.download(input_html=page.text)
        article.parse()
        body = article.top_node
        return Record(
            title=article.title,
            published_at=article.publish_date,
            source=article.meta_site_name,
            author="、".join(article.authors),
            keywords=article.meta_keywords,
            images=[picture.get("src", "") for picture in body.iter("img")] if body is not None else [],
            text=article.text,
        )

    return run


def gne() -> Extractor:
    """``GeneralNewsExtractor`` as its README has it, the page's host given for the pictures."""
    from gne import GeneralNewsExtractor

    extractor = GeneralNewsExtractor()

    def run(page: Page) -> Record:
        found = extractor.extract(page.text, host=page.url)
        return Record(
            title=found["title"],
            published_at=read_time(found["publish_time"]),
            source=found["meta"].get("mediaid"),
            author=found["author"],
            keywords=[word for word in found["meta"].get("keywords", "").split(",") if word],
            images=found["images"],
            text=found["content"],
        )

    return run


def readability() -> Extractor:
    """``Document``: the short title, and the summary's text and pictures."""
    from lxml import html
    from readability import Document

    def run(page: Page) -> Record:
        document = Document(page.text, url=page.url)
        body = html.fromstring(document.summary(html_partial=True))
        return Record(
            title=document.short_title(),
            images=[picture.get("src", "") for picture in body.iter("img")],
            text=body.text_content(),
        )

    return run
