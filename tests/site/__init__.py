"""A stand-in for Sina on loopback: generated articles with the truth about them, and a server that can misbehave."""

from tests.site.catalog import Catalog
from tests.site.demo import demo_catalog
from tests.site.faults import Fault
from tests.site.model import Block, SiteArticle
from tests.site.pages import Page
from tests.site.server import SinaSite

__all__ = ["Block", "Catalog", "Fault", "Page", "SinaSite", "SiteArticle", "demo_catalog"]
