"""Regions and topics on hand-labelled articles of 2017, most of them market and company news.

``labels_2017.json`` holds, by the article's index in the corpus, how many characters were read for the labels, what they
are, and what two readers might see differently. The labels were given before the functions were run on the texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from govnews_spider.core.regions.resolve import region_name, regions_of
from govnews_spider.core.stages.topics import topics_of
from tests.support.needs_real import needs_real
from tests.support.real_paths import REAL


def labelled() -> Iterator[tuple[str, str, dict[str, list[str]]]]:
    labels = json.loads((Path(__file__).parent / "labels_2017.json").read_text("utf-8"))
    articles = json.loads((REAL / "corpus" / "guapier_finance_201704.json").read_text("utf-8"))
    for index, label in labels.items():
        article = articles[int(index)]
        parts = (part.strip() for part in re.split("\u3000{2,}|\n", article["content"]))
        yield article["title"], "\n".join(part for part in parts if part)[: label["read"]], label


def rates(found: Iterator[tuple[set[str], set[str], set[str]]]) -> tuple[float, float]:
    """Precision and recall over (got, expected, unsure) of each text; what is unsure does not count."""
    right = wrong = missing = 0
    for got, expected, unsure in found:
        right += len(got & expected)
        wrong += len(got - expected - unsure)
        missing += len(expected - got)
    return right / (right + wrong), right / (right + missing)


@needs_real
def test_regions_of_labelled_articles_are_read_at_95_percent_precision_and_recall() -> None:
    precision, recall = rates(
        ({region_name(code) for code in regions_of(title, text)}, set(label["regions"]), set(label["unsure_regions"]))
        for title, text, label in labelled()
    )
    assert precision >= 0.95
    assert recall >= 0.95


@needs_real
def test_topics_of_labelled_articles_are_read_at_90_percent_precision_and_recall() -> None:
    precision, recall = rates(
        (set(topics_of(title, text)), set(label["topics"]), set(label["unsure_topics"]))
        for title, text, label in labelled()
    )
    assert precision >= 0.90
    assert recall >= 0.90
