"""A reporter is read where the text says who that is, and nowhere else."""

from __future__ import annotations

import pytest

from govnews_spider.core.bylines import reporters


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("新京报快讯（记者 吴婷婷）11月25日，联盟在线上启动。", "吴婷婷"),
        ("新华社突尼斯10月4日电（记者李远　张轩瑞）的黎波里消息：", "李远、张轩瑞"),
        ("本报讯（记者 王小明、李文静 通讯员 赵云）市医保局昨日通报。", "王小明、李文静"),
        ("中新社北京1月1日电 （记者 刘长忠）记者1日从物流与采购联合会获悉，", "刘长忠"),
        ("本报记者 欧阳修文", "欧阳修文"),
        ("文/玉浊清", "玉浊清"),
        ("作者：沈知行", "沈知行"),
    ],
)
def test_datelines_and_bylines_name_their_reporters(line: str, names: str) -> None:
    assert reporters(f"{line}\n第二段。") == names


@pytest.mark.parametrize(
    "line",
    [
        "记者从财政部获悉，专项债券额度已经下达。",
        "据介绍，（记者了解到）各地陆续开通窗口。",
        "有记者问：下一步如何打算？",
        "发布会现场。新华社记者在采访",
        "责任编辑：王蒙",
    ],
)
def test_a_reporter_who_is_not_named_is_none(line: str) -> None:
    assert reporters(line) is None


def test_only_the_beginning_of_a_text_is_read() -> None:
    assert reporters("一\n二\n三\n四\n五\n（记者 吴婷婷）") is None
