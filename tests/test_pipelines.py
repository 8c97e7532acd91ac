from __future__ import annotations

import inspect
from datetime import date
from pathlib import Path

from scrapy.settings import Settings
from scrapy.utils.misc import load_object

import govnews_spider.settings as module
from govnews_spider import pipelines
from govnews_spider.core.stages.order import STAGES
from tests.site import Catalog, SinaSite
from tests.support.crawls import crawl


def test_the_pipelines_are_the_stages_in_their_order_then_the_choice_and_the_store() -> None:
    order = sorted(module.ITEM_PIPELINES, key=module.ITEM_PIPELINES.__getitem__)
    classes = [load_object(path) for path in order]
    assert [kind.stage for kind in classes[:-1]] == [*STAGES, "select"]
    assert classes[-1] is pipelines.Store


def test_every_stage_has_its_pipeline_and_every_pipeline_is_in_the_settings() -> None:
    kinds = {
        kind
        for _, kind in inspect.getmembers(pipelines, inspect.isclass)
        if issubclass(kind, pipelines.StagePipeline) and kind is not pipelines.StagePipeline
    }
    settings = Settings()
    settings.setmodule(module)
    assert kinds == {load_object(path) for path in module.ITEM_PIPELINES} - {pipelines.Store}


def test_what_a_stage_refuses_is_logged_once_with_its_reason_and_the_others_are_stored(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.md").write_text("没有文首的一页", encoding="utf-8")
    seeds = Path(__file__).parents[1] / "seeds"
    for seed in seeds.iterdir():
        (tmp_path / "in" / seed.name).write_bytes(seed.read_bytes())
    done = crawl(tmp_path / "data", "seeds", f"path={tmp_path / 'in'}")
    assert (done.code, done.balance) == (0, {"seen": 3, "stored": 2, "rejected": 1})
    (line,) = done.rejections
    assert (line["slug"], line["origin"], line["outcome"]) == ("no_front_matter", "a.md", "rejected")


def test_files_are_the_same_however_often_they_are_flushed(tmp_path: Path) -> None:
    catalog = Catalog.generate(seed=3, lists=[1686], days=[date(2021, 11, 24), date(2021, 11, 25)], count=12)
    with SinaSite(catalog) as site:
        one = crawl(tmp_path / "one", "sina_gov", "sections=1686", gateway=site.url, GOVNEWS_FLUSH_ROWS=1)
        all_ = crawl(tmp_path / "all", "sina_gov", "sections=1686", gateway=site.url)
    assert one.posts == all_.posts
    assert len(one.posts) == one.balance["stored"] == 12


def test_a_writer_that_failed_loses_nothing_the_next_run_writes_it(tmp_path: Path) -> None:
    catalog = Catalog.generate(seed=3, lists=[1686], days=[date(2021, 11, 25)], count=5)
    settings = {
        "EXTENSIONS": '{"govnews_spider.extensions.run_report.RunReport": 0, "tests.support.fault_injection.FaultInjector": 1}',
        "FAULT_PLACE": "writer",
        "LOG_LEVEL": "CRITICAL",
    }
    with SinaSite(catalog) as site:
        failed = crawl(tmp_path, "sina_gov", "sections=1686", gateway=site.url, **settings)
        assert failed.code == 1
        again = crawl(tmp_path, "sina_gov", "sections=1686", gateway=site.url)
    assert (again.code, again.balance) == (0, {"seen": 5, "unchanged": 5})
    assert len(again.posts) == 5
    assert len(list((tmp_path / "articles").rglob("*.parquet"))) == 1


def test_what_a_killed_run_had_begun_to_write_is_deleted_by_the_next(tmp_path: Path) -> None:
    part = tmp_path / ".part" / "runs~20261122T071848Z-sina_gov-b8ab.json.part"
    part.parent.mkdir()
    part.write_text("{", "utf-8")
    assert crawl(tmp_path, "seeds").code == 0
    assert not part.exists()
