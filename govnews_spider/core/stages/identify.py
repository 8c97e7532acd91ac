"""Identity of an article: the docid of its page, else its address, else its own text."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from govnews_spider.article import Article
from govnews_spider.core.dedup.identity import DOCUMENT


def identify(article: Article) -> Article:
    """``article`` with its ``article_id``: the docid's where a page or a list gave one, else the canonical URL's, else the text's own.

    Idempotent. The id of a text is that of its title, its time and its text together: a document knows no better.
    """
    if article.article_id:
        return article
    if article.url:
        return replace(article, article_id=f"url:{_short(article.url)}")
    identity = f"{article.title}\n{article.published_at.isoformat()}\n{article.text}"
    return replace(article, article_id=f"{DOCUMENT}{_short(identity)}")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
