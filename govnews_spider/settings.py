"""Settings: Scrapy's first, then the project's own (GOVNEWS_*).

Each of the project's own may also come from the environment under its name; ``-s NAME=VALUE`` on the command line wins.
"""

from __future__ import annotations

import logging
import os

from govnews_spider import __version__, addon
from govnews_spider.runs import options

# Arrow's own allocator keeps what every thread has ever needed: a long run with an export now and then would grow by it.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

BOT_NAME = "govnews_spider"
SPIDER_MODULES = ["govnews_spider.spiders"]
COMMANDS_MODULE = "govnews_spider.commands"
LOG_LEVEL = "INFO"
STATS_DUMP = False  # the run report says what matters
DEFAULT_DROPITEM_LOG_LEVEL = "DEBUG"  # a rejection is logged once, by the run report, without the whole item

# Scrapy's list of itself, ninety lines a run, would stand around the balance. Filters, for Scrapy sets the levels of its loggers anew.
for _name in ("scrapy.utils.log", "scrapy.addons", "scrapy.middleware"):
    logging.getLogger(_name).addFilter(lambda record: record.levelno > logging.INFO)
logging.getLogger("scrapy.crawler").addFilter(lambda record: not str(record.msg).startswith("Overridden settings"))

# Nothing listens: neither of these consoles is needed, and each would open a port.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# What may be fetched. Scrapy's own defaults verify no certificate, read file:, ftp:, s3: and data:, and allow 1 GiB.
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_HANDLERS = {
    "http": "govnews_spider.downloads.gateway.GatewayHandler",
    "https": "govnews_spider.downloads.gateway.GatewayHandler",
    "file": None,
    "ftp": None,
    "s3": None,
    "data": None,
}
DOWNLOAD_MAXSIZE = 8 * 1024 * 1024  # bytes, as sent and once more unpacked
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 30  # seconds
REDIRECT_MAX_TIMES = 5
URLLENGTH_LIMIT = 0  # a longer address would be dropped without a word

# How politely. AutoThrottle lengthens the delay when the site gets slow, never below DOWNLOAD_DELAY.
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = BOT_NAME
CONCURRENT_REQUESTS = 8  # also what a signal waits for at most
CONCURRENT_REQUESTS_PER_DOMAIN = 2
DOWNLOAD_DELAY = 1.0  # seconds between two requests to one host
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 1.0
AUTOTHROTTLE_MAX_DELAY = 30.0
CONCURRENT_ITEMS = 2  # of one response; Scrapy starts as many tasks for each response, whatever it holds
WARN_ON_GENERATOR_RETURN_VALUE = False  # looks through the source of a callback at every response
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # the run report lists what failed
REFERER_ENABLED = False  # the one below, without which the list API answers 403, serves all requests
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,  # counts what nobody asks for, at every response
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,  # a lint of the spider's requests
}

# The whole chain, in place of Scrapy's: to switch one of those off loads it first, and the one for cookies imports what
# probes the network with a socket of its own, even in a replay.
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
DOWNLOADER_MIDDLEWARES = {
    "govnews_spider.middlewares.hosts.AllowedHosts": 50,
    "govnews_spider.middlewares.robots.Robots": 100,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "govnews_spider.middlewares.user_agent.UserAgent": 500,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": 550,
    "govnews_spider.middlewares.decompression.DecompressionMiddleware": 590,
    "govnews_spider.middlewares.redirects.Redirects": 600,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": 850,
    "govnews_spider.middlewares.retry_after.RetryAfterMiddleware": 950,
}
EXTENSIONS = {
    "govnews_spider.extensions.progress.Progress": -1,  # before the report, which prints the balance: the view must have ended by then
    "govnews_spider.extensions.run_report.RunReport": 0,
    "scrapy.extensions.logstats.LogStats": None,  # Progress says it better
}
ITEM_PROCESSOR = "govnews_spider.pipelines.Pipelines"
ITEM_PIPELINES = addon.PIPELINES

# Folder that a run writes to, relative to where the command is given.
GOVNEWS_DATA = os.environ.get("GOVNEWS_DATA", options.DEFAULTS["GOVNEWS_DATA"])
# Origin such as http://127.0.0.1:8155 through which every request goes, as GET /<the whole original URL>; empty: none.
GOVNEWS_GATEWAY = os.environ.get("GOVNEWS_GATEWAY", options.DEFAULTS["GOVNEWS_GATEWAY"])
# URL or mail address in the user agent by which the site can reach whoever runs this; empty: none.
GOVNEWS_CONTACT = os.environ.get("GOVNEWS_CONTACT", options.DEFAULTS["GOVNEWS_CONTACT"])
# Whether everything that is fetched is kept as it came, in raw/: 1 or 0.
GOVNEWS_ARCHIVE = os.environ.get("GOVNEWS_ARCHIVE", options.DEFAULTS["GOVNEWS_ARCHIVE"])
# Archives, or folders of them, separated by commas, that answer in place of the network; empty: the network does.
GOVNEWS_REPLAY = os.environ.get("GOVNEWS_REPLAY", options.DEFAULTS["GOVNEWS_REPLAY"])
# Rows after which what was stored is written to files, unless that would take more than a fifth of the run's time until then;
# all is written when the run ends.
GOVNEWS_FLUSH_ROWS = os.environ.get("GOVNEWS_FLUSH_ROWS", options.DEFAULTS["GOVNEWS_FLUSH_ROWS"])
# Seconds after which it is written where there are fewer rows, under the same condition.
GOVNEWS_FLUSH_SECONDS = os.environ.get("GOVNEWS_FLUSH_SECONDS", options.DEFAULTS["GOVNEWS_FLUSH_SECONDS"])
# Share of the pages read that may show signs of a changed template (no layout reads them, or a fallback locator does)
# before the run counts as partial; at least 5 pages must.
GOVNEWS_DRIFT_LIMIT = os.environ.get("GOVNEWS_DRIFT_LIMIT", options.DEFAULTS["GOVNEWS_DRIFT_LIMIT"])
# Hours after which a list's newest row is stale; when every list is, the exit code is 6. 0: never.
GOVNEWS_STALE_AFTER = os.environ.get("GOVNEWS_STALE_AFTER", options.DEFAULTS["GOVNEWS_STALE_AFTER"])
# Seconds before the first retry where the site names none (Retry-After), doubled for the next one.
GOVNEWS_RETRY_WAIT = os.environ.get("GOVNEWS_RETRY_WAIT", options.DEFAULTS["GOVNEWS_RETRY_WAIT"])
# Seconds that the site may make us wait at most at one time, by Retry-After or Crawl-delay.
GOVNEWS_WAIT_MAX = os.environ.get("GOVNEWS_WAIT_MAX", options.DEFAULTS["GOVNEWS_WAIT_MAX"])

# Names the project, as robots.txt and the site's operators know a crawler; the list API refuses what is no "Mozilla".
USER_AGENT = f"Mozilla/5.0 (compatible; {BOT_NAME}/{__version__})"
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/json;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9",
    "Referer": "https://finance.sina.com.cn/",
}
