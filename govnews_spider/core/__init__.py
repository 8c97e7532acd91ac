"""The pipeline without a crawler: pure functions from bytes and text to articles, and back to documents."""

from govnews_spider.article import Article, Rejected
from govnews_spider.core.api import extract
from govnews_spider.core.documents.front_matter import dumps, loads
from govnews_spider.core.regions.resolve import region_name, regions_of
from govnews_spider.core.stages.order import run

__all__ = ["Article", "Rejected", "dumps", "extract", "loads", "region_name", "regions_of", "run"]
