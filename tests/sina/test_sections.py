from __future__ import annotations

import pytest

from govnews_spider.sina.sections import DEFAULT, SECTIONS, find


def test_the_default_is_the_five_lists_of_pageid_155() -> None:
    assert [(section.name, section.pageid, section.lid) for section in DEFAULT] == [
        ("国内滚动", 155, 1686),
        ("宏观经济", 155, 1687),
        ("地方经济", 155, 1688),
        ("部委动态", 155, 1689),
        ("金融新闻", 155, 1690),
    ]


def test_a_list_is_found_by_name_and_by_lid() -> None:
    for section in SECTIONS.values():
        assert find(section.name) is section
        assert find(f" {section.lid} ") is section


def test_names_and_lids_are_unique() -> None:
    assert len({section.lid for section in SECTIONS.values()}) == len(SECTIONS) >= 25


def test_an_unknown_list_is_refused_with_the_names_that_come_near() -> None:
    with pytest.raises(ValueError, match=r"unknown_section: '部委動态'.*did you mean 部委动态"):
        find("部委動态")


def test_a_list_unlike_any_is_refused_with_all_names() -> None:
    with pytest.raises(ValueError, match="known are 国内滚动、宏观经济"):
        find("xyz")
