"""`python -m tests.site --port 8155` serves the demo site (or `--articles N` generated ones) until Ctrl-C.

`--archive examples/demo.warc.gz` crawls it and leaves what was fetched there.
"""

from __future__ import annotations

import argparse
import threading
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.site import Catalog, SinaSite, demo_catalog
from tests.support.crawls import crawl


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.site", description=__doc__)
    parser.add_argument("--port", type=int, default=8155)
    parser.add_argument("--articles", type=int, default=0, help="generate this many in place of the demo's")
    parser.add_argument("--archive", type=Path, help="where a crawl's archive goes")
    options = parser.parse_args()
    catalog = demo_catalog()
    if options.articles:
        days = [date(2021, 11, day) for day in (23, 24, 25)]
        catalog = Catalog.generate(seed=1, lists=[1686, 1687, 1688, 1689, 1690], days=days, count=options.articles)
    if options.archive:
        with SinaSite(catalog) as site, TemporaryDirectory() as data:
            crawl(Path(data), "sina_gov", gateway=site.url)
            (path,) = Path(data, "raw").glob("*.warc.gz")
            options.archive.write_bytes(path.read_bytes())
        return
    with SinaSite(catalog, port=options.port) as site:
        print(f"GOVNEWS_GATEWAY={site.url}", flush=True)  # noqa: T201 - this line is what the command is for
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
