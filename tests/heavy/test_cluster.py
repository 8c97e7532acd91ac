"""A Dask cluster through more than it meets in `make test`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.site import SinaSite
from tests.support.crawls import crawl
from tests.support.dask_cluster import Cluster
from tests.support.dataset_snapshot import DatasetSnapshot
from tests.support.rebuilds import POISON, rebuild, site_of


def test_a_page_that_kills_every_worker_of_a_cluster_is_left_out_and_named(tmp_path: Path) -> None:
    catalog = site_of(40, 8)
    with SinaSite(catalog) as site:
        live = crawl(tmp_path / "live", "sina_gov", "sections=1687,1689", gateway=site.url)
    victim = catalog.articles[20]
    (tmp_path / "sitecustomize.py").write_text(POISON.format(word=victim.title), encoding="utf-8")
    with Cluster(tmp_path / "cluster", path=tmp_path) as cluster:
        done = rebuild(live.data / "raw", tmp_path / "made", "--scheduler", cluster.address, "--pages", "11")
    assert done.code == 5, done.log
    (log,) = (done.data / "rejected").glob("*.jsonl")
    assert [json.loads(line)["url"] for line in log.read_text("utf-8").splitlines()] == [victim.url]
    assert set(DatasetSnapshot.read(live.data).current()) - set(DatasetSnapshot.read(done.data).current()) == {
        f"sina:{victim.docid}"
    }
