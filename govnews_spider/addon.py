"""Add-on for other Scrapy projects: one line of ``ADDONS`` gives them the item pipelines, the run report and our settings."""

from __future__ import annotations

from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object

from govnews_spider.runs.options import DEFAULTS

PIPELINES = {
    "govnews_spider.pipelines.Clean": 100,
    "govnews_spider.pipelines.Normalize": 200,
    "govnews_spider.pipelines.Describe": 300,
    "govnews_spider.pipelines.Identify": 400,
    "govnews_spider.pipelines.Choose": 500,
    "govnews_spider.pipelines.Store": 900,
}
"""The item pipelines in their order; a project may give one of them another place, or None to leave it out."""


class Addon:
    """``ADDONS = {"govnews_spider.addon.Addon": 500}``: what the project's own spiders yield becomes rows and posts."""

    def update_settings(self, settings: BaseSettings) -> None:
        """As Scrapy calls it: sets what the project has not set itself."""
        for name, value in DEFAULTS.items():
            settings.set(name, value, priority="addon")
        for path, order in PIPELINES.items():
            settings.setdefault_in_component_priority_dict("ITEM_PIPELINES", load_object(path), order)
        report = load_object("govnews_spider.extensions.run_report.RunReport")
        settings.setdefault_in_component_priority_dict("EXTENSIONS", report, 0)
        settings.set("ITEM_PROCESSOR", "govnews_spider.pipelines.Pipelines", priority="addon")
