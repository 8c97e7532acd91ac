"""The stage that sets topics and regions."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from govnews_spider.core.stages.describe import describe


def test_topics_and_regions_come_from_title_and_text(article: Any) -> None:
    described = describe(
        article(title="广州推进“跨省通办”", text="广州与长沙签约，政务服务大厅设专窗，群众在政务服务网上即可办理。")
    )
    assert described.topics == ["跨省通办", "政务服务"]
    assert described.regions == ["430100", "440100"]


def test_describing_twice_changes_nothing_and_old_values_play_no_part(article: Any) -> None:
    once = describe(article(title="央行宣布降准", text="资金面平稳。", topics=["教育"], regions=["110000"]))
    assert once.topics == ["货币政策"]
    assert once.regions == []
    assert describe(once) == once


def test_an_article_without_text_is_described_by_its_title(article: Any) -> None:
    assert describe(article(title="图集：合肥地铁新线开通", text="")).regions == ["340100"]


def test_importing_the_stage_reads_no_lexicon() -> None:
    """Commands import the stages; only a command that describes shall pay for the automata."""
    code = (
        "import govnews_spider.core.stages.describe, govnews_spider.core.regions.gazetteer as g, govnews_spider.core.stages.topics as t;"
        "print(g.gazetteer.cache_info().currsize + t._lexicon.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
