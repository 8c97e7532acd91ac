"""Scrapy extensions: the run report and the live view of a crawl."""
