"""The documents' format: what is read, what is refused, and that nothing of a document is lost on the way."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.article import SHANGHAI, Article, Rejected
from govnews_spider.core.documents.front_matter import DEFAULT_CATEGORIES, STYLES, dumps, loads, read
from govnews_spider.core.stages.clean import clean
from tests.support.needs_real import needs_real
from tests.support.real_paths import SHARED

ROOT = Path(__file__).parents[3]
CASES = sorted((ROOT / "tests" / "documents").iterdir())
SEEDS = sorted((ROOT / "seeds").iterdir())
REAL = sorted(path for folder in ("seeds", "real/docs") for path in (SHARED / folder).glob("*"))

GOOD = (ROOT / "tests/documents/final_quotes_as_underscores/input.md").read_bytes().decode()
OLD = (ROOT / "tests/documents/april_four_spaces_three_categories/input.md").read_bytes().decode()
MARCH = (ROOT / "tests/documents/march_empty_thumbnail/input.md").read_bytes().decode()

TITLE = "title: '多地推进_一网通办_，企业开办压缩至1个工作日'"
PICTURE = "'https://n.sinaimg.cn/finance/w550h310/20211203/a1b2-c3d4e5.jpg'"
AUTHOR_COMMENTS = "author: 新浪财经\ncomments: false"
DATE = "Fri, 03 Dec 2021 01:30:00 GMT"


def article(**changes: Any) -> Article:
    values: dict[str, Any] = {
        "title": "国办发文：扩大“跨省通办”范围",
        "published_at": datetime(2022, 10, 4, 20, 5, 9, tzinfo=SHANGHAI),
        "published_raw": "2022年10月04日 20:05",
        "published_from": "text:.date",
        "body_html": "<p>新增事项逐步落地。</p>",
        "layout": "news_2018_article",
        "origin": "https://finance.sina.com.cn/x.shtml",
    }
    return Article(**(values | changes))


def refusal(text: str | bytes) -> Rejected:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(Rejected) as caught:
        read(data, name="seeds/a.md")
    return caught.value


def block_of(text: str) -> dict[str, Any]:
    """The block as a YAML reader that guesses no types sees it."""
    block = re.match(r"\n---\n(.*?)\n---\n", text, re.DOTALL)
    assert block
    parsed = yaml.load(block[1], Loader=yaml.BaseLoader)
    assert isinstance(parsed, dict)
    return parsed


def unescaped(text: str) -> str:
    return text.replace("&#123;", "{").replace("&#125;", "}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_given_back_byte_for_byte_or_refused_with_its_slug(case: Path) -> None:
    data = (case / "input.md").read_bytes()
    if (case / "slug").exists():
        assert refusal(data).slug == (case / "slug").read_text().strip()
        return
    found = read(data, name=case.name)
    assert dumps(found).encode() == data
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    expected |= {"published_at": datetime.fromisoformat(expected["published_at"])} if "published_at" in expected else {}
    assert {key: getattr(found, key) for key in expected} == expected


def test_every_style_has_a_case_that_is_read() -> None:
    read_cases = [case for case in CASES if not (case / "slug").exists()]
    assert {read((case / "input.md").read_bytes(), name=case.name).layout for case in read_cases} == set(STYLES)


def test_the_seeds_are_mapped_as_they_stand() -> None:
    first, second = (read(path.read_bytes(), name=f"seeds/{path.name}") for path in SEEDS)
    assert (first.title, second.title) == (
        "京津冀14家国家级经开区_牵手_，高频事项将实现_跨省通办_",
        "南昌扩大朋友圈 7省9市_跨省通办_开启政务服务新格局",
    )
    assert first.published_at == datetime(2021, 11, 25, 11, 11, 45, tzinfo=UTC)
    assert second.published_at == datetime(2021, 3, 27, 10, 42, 12, tzinfo=UTC)
    assert second.headimg == "https://n.sinaimg.cn/sinakd2021327s/656/w832h624/20210327/0f9b-kmvwsvy6142434.jpg"
    for found, path in zip((first, second), SEEDS, strict=True):
        assert found.categories == list(DEFAULT_CATEGORIES)
        assert (found.url, found.author, found.layout) == (None, None, "document_2021_10")
        assert (found.published_from, found.origin) == ("document:date", f"seeds/{path.name}")
        assert found.body_html.startswith("<p")
        assert ".appendQr_wrap{border:1px" in found.body_html
        assert "&#123;" not in found.body_html
    assert first.provenance == {
        "title": "document:title",
        "categories": "document:categories",
        "published_at": "document:date",
        "body_html": "document:body",
        "headimg": "document:headimg",
    }


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name)
def test_a_seed_is_given_back_byte_for_byte_as_read_and_as_a_new_document(path: Path) -> None:
    found = read(path.read_bytes(), name=path.name)
    assert dumps(found).encode() == path.read_bytes()
    assert dumps(found, style=STYLES[0]).encode() == path.read_bytes()


@needs_real
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_real_document_is_given_back_or_refused_for_its_missing_zone(path: Path) -> None:
    """Other feeds and the transcribed documents are of the final format; two bear the generator's own clock."""
    if path.name in {"eventernote_nodate_picsum.md", "old_v0_quote_bug.md"}:
        assert refusal(path.read_bytes()).slug == "date_without_zone"
        return
    found = read(path.read_bytes(), name=path.name)
    assert found.layout == "document_2021_10"
    assert dumps(found).encode() == path.read_bytes()


@needs_real
def test_the_real_document_of_the_quote_bug_is_read_once_its_date_has_a_zone() -> None:
    text = (SHARED / "real/docs/old_v0_quote_bug.md").read_bytes().decode()
    text = text.replace("date: 2021-03-22 04:50:45", "date: Mon, 22 Mar 2021 04:50:45 GMT")
    found = loads(text, name="a.md")
    assert (found.layout, len(found.categories)) == ("document_2021_03b", 2)
    assert dumps(found) == text


REFUSED: list[tuple[str, str, str, str, str]] = [
    ("bom", "line 1:", GOOD, "\n---\ntitle", "\ufeff\n---\ntitle"),
    ("crlf", "line 1:", GOOD, "\n", "\r\n"),
    ("control_character", "line 17: the character U+0000", GOOD, "多地政务", "多\0地政务"),
    ("control_character", "line 3: the character U+0092", GOOD, "推进", "推\x92进"),
    ("control_character", "line 17: the character U+000D", GOOD, "多地政务", "多\r地政务"),
    ("no_front_matter", "line 1:", GOOD, GOOD, "<p>正文。</p>\n"),
    ("no_front_matter", "line 1:", GOOD, GOOD, ""),
    ("no_front_matter", "line 1:", GOOD, "\n---\ntitle", "\n\n---\ntitle"),
    ("unclosed_front_matter", "no line '---' after line 2", GOOD, "\n---\n\n", "\n\n"),
    ("unclosed_front_matter", "no line '---' after line 2", GOOD, "\n---\n\n", "\n----\n\n"),
    ("not_a_mapping", "line 2:", GOOD, GOOD, "---\n- 金融\n- 新浪财经\n---\n正文"),
    ("not_a_mapping", "line 3:", GOOD, TITLE, "只有一行正文"),
    ("not_a_mapping", "line 3:", GOOD, GOOD, "\n---\n---\n\n<div>   \n  \n</div>\n            "),
    ("not_a_mapping", "line 4:", GOOD, TITLE, f"{TITLE}\n 标题的第二行"),
    ("not_a_mapping", "line 8:", GOOD, "headimg: ", "headimg:"),
    ("unknown_key", "line 4: 'tags'", GOOD, TITLE, f"{TITLE}\ntags: 政务"),
    ("unknown_key", "line 4: 'content'", GOOD, TITLE, f"{TITLE}\ncontent: 政务"),
    ("unknown_key", "line 4: 'handler'", GOOD, TITLE, f"{TITLE}\nhandler: 政务"),
    ("unknown_key", "line 8:", OLD, "author:", f"headimg: {PICTURE}\nauthor:"),
    ("duplicate_key", "line 4: 'title'", GOOD, TITLE, f"{TITLE}\n{TITLE}"),
    ("missing_key", "no 'comments'", GOOD, "comments: false\n", ""),
    ("missing_key", "no 'headimg'", GOOD, f"headimg: {PICTURE}\n", ""),
    ("missing_key", "no 'categories'", GOOD, "categories: \n - 金融\n - 新浪财经\n - 新浪财经－国內\n", ""),
    ("missing_key", "no 'thumbnail'", MARCH, "thumbnail: \n", ""),
    ("key_order", "headimg, comments, author, date", GOOD, AUTHOR_COMMENTS, "comments: false\nauthor: 新浪财经"),
    ("bad_list", "line 4: 0 categories", GOOD, " - 金融\n - 新浪财经\n - 新浪财经－国內\n", ""),
    ("bad_list", "line 4: 2 categories", GOOD, " - 新浪财经－国內\n", ""),
    ("bad_list", "line 4: 4 categories", OLD, "    - 新浪财经－国內\n", "    - 新浪财经－国內\n    - 要闻\n"),
    ("bad_list", "line 5:", GOOD, " - 金融", "  - 金融"),
    ("bad_list", "line 5:", GOOD, " - 金融", "    - 金融"),
    ("bad_list", "line 5:", GOOD, " - 金融", " - "),
    ("bad_list", "line 4:", GOOD, "categories: \n", "categories:\n"),
    ("bad_list", "line 4:", GOOD, "categories: \n", "categories: [金融]\n"),
    ("bad_list", "line 10: 'author'", GOOD, "author: 新浪财经", "author: \n - 新浪财经"),
    ("bad_quotes", "line 3:", GOOD, TITLE, "title: 京津冀"),
    ("bad_quotes", "line 3:", GOOD, TITLE, 'title: "京津冀"'),
    ("bad_quotes", "line 3:", GOOD, TITLE, "title: 'it's京津冀'"),
    ("bad_quotes", "line 3:", GOOD, TITLE, "title: '京津冀"),
    ("bad_quotes", "line 3:", GOOD, TITLE, "title: '"),
    ("bad_quotes", "line 3:", GOOD, TITLE, "title: '京津冀' "),
    ("empty_title", "line 3:", GOOD, TITLE, "title: ''"),
    ("empty_title", "line 3:", GOOD, TITLE, "title: ' \u3000'"),
    ("empty_title", "line 3:", MARCH, "title: 0.5%", "title: "),
    ("bad_date", "line 11:", GOOD, DATE, "Fri, 03 Dec 2021 09:30:00 +0800"),
    ("bad_date", "line 11:", GOOD, DATE, "Fri, 3 Dec 2021 01:30:00 GMT"),
    ("bad_date", "line 11:", GOOD, DATE, "Tue, 31 Nov 2021 01:30:00 GMT"),
    ("bad_date", "line 11:", GOOD, DATE, "Fri, 03 Dez 2021 01:30:00 GMT"),
    ("bad_date", "it was Friday", GOOD, DATE, "Mon, 03 Dec 2021 01:30:00 GMT"),
    ("bad_date", "line 11:", GOOD, DATE, ""),
    ("date_without_zone", "line 11:", GOOD, DATE, "2021-12-03 09:30:00"),
    ("author_not_site", "line 9:", GOOD, "author: 新浪财经", "author: 新浪"),
    ("comments_not_false", "line 10:", GOOD, "comments: false", "comments: true"),
    ("headimg_thumbnail_differ", "line 12:", GOOD, f"thumbnail: {PICTURE}", "thumbnail: ''"),
    ("bad_url", "line 8:", GOOD, PICTURE, "'/images/a.jpg'"),
    ("bad_url", "line 8:", GOOD, PICTURE, "'javascript:alert(1)'"),
    ("bad_url", "line 8:", GOOD, PICTURE, "'https://n.sinaimg.cn/a b.jpg'"),
    ("bad_url", "line 8:", GOOD, PICTURE, PICTURE.strip("'")),
    ("unescaped_brace", "line 17:", GOOD, "改革进展", "改革{进展"),
    ("unescaped_brace", "line 3:", GOOD, "压缩至", "压缩至}"),
    ("bad_envelope", "line 14:", GOOD, "<div>   \n", "<div>\n"),
    ("bad_envelope", "line 14:", GOOD, "---\n\n<div>", "---\n<div>"),
    ("bad_envelope", "line 26:", GOOD, "</div>\n            ", "</div>\n"),
    ("bad_envelope", "line 27:", GOOD, "</div>\n            ", "</div>\n            \n"),
    ("not_reproducible", "line 1: '---'", GOOD, "\n---\ntitle", "---\ntitle"),
    ("not_reproducible", "line 10: 'thumbnail:'", MARCH, "thumbnail: \n", "thumbnail:\n"),
    ("not_reproducible", "line 10:", MARCH, "thumbnail: \n", "thumbnail: ''\n"),
]


@pytest.mark.parametrize(("slug", "detail", "text", "old", "new"), REFUSED)
def test_what_is_not_of_the_family_is_refused_with_slug_and_place(
    slug: str, detail: str, text: str, old: str, new: str
) -> None:
    assert old in text
    error = refusal(text.replace(old, new))
    assert (error.slug, error.detail[:12]) == (slug, "seeds/a.md: ")
    assert detail in error.detail


def test_bytes_that_are_no_utf8_are_refused_with_their_line() -> None:
    error = refusal(GOOD.encode("gb18030"))
    assert (error.slug, error.detail[:20]) == ("not_utf8", "seeds/a.md: line 3: ")


def test_the_message_names_the_thing_the_place_and_the_cure() -> None:
    error = refusal(GOOD.replace("\n---\n\n", "\n\n"))
    assert str(error).startswith("unclosed_front_matter: seeds/a.md: no line '---' after line 2; ")


def test_an_article_of_a_page_becomes_a_document_of_the_final_format() -> None:
    text = dumps(article(headimg="https://n.sinaimg.cn/a.jpg"))
    assert text == (
        "\n---\ntitle: '国办发文：扩大_跨省通办_范围'\ncategories: \n - 金融\n - 新浪财经\n - 新浪财经－国內\n"
        "headimg: 'https://n.sinaimg.cn/a.jpg'\nauthor: 新浪财经\ncomments: false\n"
        "date: Tue, 04 Oct 2022 12:05:09 GMT\nthumbnail: 'https://n.sinaimg.cn/a.jpg'\n---\n"
        "\n<div>   \n<p>新增事项逐步落地。</p>  \n</div>\n            "
    )


def test_an_article_without_picture_has_two_empty_ones() -> None:
    text = dumps(article())
    assert "\nheadimg: ''\n" in text
    assert "\nthumbnail: ''\n" in text
    assert loads(text, name="a").headimg is None


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("a:b/c\\d?e*f“g”h<i>j|k[l]", "'a_b_c_d_e_f_g_h_i_j_k_l_'"),
        ("国务院：it's 时候了", '"国务院：it\'s 时候了"'),
        ('“一带"一路"”', "'_一带\"一路\"_'"),
        ('他说"it\'s 好"', '"他说_it\'s 好_"'),
        ("上半句\r\n下半句\t完\u2028", "'上半句 下半句 完 '"),
        ("指数{A股}", "'指数&#123;A股&#125;'"),
        ("甲\uffff乙", "'甲_乙'"),
        ("坏\ud800字\x00", "'坏 字 '"),
        ("# @ % & ! - 12，30", "'# @ % & ! - 12，30'"),
        ("000001", "'000001'"),
    ],
)
def test_a_new_documents_title_is_mangled_as_the_family_does_and_is_yaml(title: str, written: str) -> None:
    text = dumps(article(title=title))
    assert text.split("\n")[2] == f"title: {written}"
    assert unescaped(block_of(text)["title"]) == loads(text, name="a").title


def test_a_document_keeps_its_title_without_a_style_and_has_it_mangled_with_one() -> None:
    found = loads(GOOD, name="a")
    found.title = found.title.replace("_一网通办_", "“一网通办”")
    assert "title: '多地推进“一网通办”，" in dumps(found)
    assert dumps(found, style="document_2021_10") == GOOD


def test_a_document_of_two_categories_repeats_its_site_as_the_feed_in_the_final_format() -> None:
    text = dumps(loads(MARCH, name="a"), style="document_2021_10")
    assert block_of(text)["categories"] == ["金融", "新浪财经", "新浪财经"]
    assert loads(text, name="a").layout == "document_2021_10"


def test_a_new_documents_categories_are_plain_yaml() -> None:
    text = dumps(article(categories=["- 金融", "新浪: #财经\n", "&锚", "第四"]))
    assert block_of(text)["categories"] == ["_ 金融", "新浪_ _财经", "_锚"]
    assert block_of(text)["author"] == "新浪_ _财经"


def test_a_new_document_spells_out_the_sign_of_hexos_own_marks_and_one_that_was_read_keeps_it() -> None:
    text = dumps(article(body_html="<p>&lt;!--swig\ufffc0--&gt;</p>"))
    assert "\n<p>&lt;!--swig&#65532;0--&gt;</p>  \n" in text
    assert clean(loads(text, name="a")).text == "<!--swig\ufffc0-->"
    theirs = text.replace("&#65532;", "\ufffc")
    assert dumps(loads(theirs, name="a")) == theirs


def test_a_picture_that_would_end_its_quotes_is_percent_encoded() -> None:
    text = dumps(article(headimg="https://n.sinaimg.cn/it's a.jpg"))
    assert loads(text, name="a").headimg == "https://n.sinaimg.cn/it%27s%20a.jpg"


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"title": "\n　"}, "empty_title"),
        ({"headimg": "/a.jpg"}, "bad_url"),
        ({"published_at": datetime(2022, 10, 4)}, "date_without_zone"),  # noqa: DTZ001 - a naive time is the case
    ],
)
def test_what_no_document_can_hold_is_not_written(changes: dict[str, Any], slug: str) -> None:
    with pytest.raises(Rejected, match=f"^{slug}: ") as caught:
        dumps(article(**changes))
    assert caught.value.detail.startswith("https://finance.sina.com.cn/x.shtml: ")


def test_a_style_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="document_2020"):
        dumps(article(), style="document_2020")


LINE = st.text(st.characters(exclude_categories=("Cc", "Cs"))).filter(str.strip)
BODY = st.lists(LINE | st.sampled_from(["\n", "\t", "{", "}", "\n---\n", "  \n</div>\n            "])).map("".join)
MOMENT = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(microsecond=0, tzinfo=UTC))  # noqa: DTZ001
TRICKY = st.sampled_from(
    ["'", '"', "\n", "\r\n", "{", "}", "“", "\\", "---", ": ", " #", "\u2028", "\x85", "&#123;", "'''"]
)
ANYTHING = st.lists(st.text(st.characters()) | TRICKY, max_size=6).map("".join)


@st.composite
def family(draw: st.DrawFn) -> tuple[str, str, str]:
    """Title, body and text of a document that the generator could have made, whichever month it was."""
    title, body, moment = draw(LINE), draw(BODY), draw(MOMENT)
    style = draw(st.sampled_from(STYLES))
    new = style == "document_2021_10"
    count = 2 if style.startswith("document_2021_03") else 3
    names = draw(st.lists(LINE, min_size=count, max_size=count))
    mark = '"' if "'" in title else "'"
    before, after = {"document_2021_03": ("", ""), "document_2021_03b": ('"' * 7 + "'", "'" + '"' * 7)}.get(
        style, (mark, mark)
    )
    picture = draw(st.sampled_from(["'http://a.cn/b.png'", "'https://n.sinaimg.cn/图.jpg?a={b}'"]))
    items = "\n".join((" - " if new else "    - ") + name for name in names)
    front = f"title: {before}{title}{after}\ncategories: \n{items}\n" + (f"headimg: {picture}\n" if new else "")
    front += f"author: {names[1]}\ncomments: false\ndate: {moment:%a, %d %b %Y %H:%M:%S GMT}\nthumbnail: {picture}"
    text = f"\n---\n{front}\n---\n\n<div>   \n{body}  \n</div>\n            "
    return title, body, text.replace("{", "&#123;").replace("}", "&#125;")


@settings(max_examples=150, deadline=None)
@given(family())
def test_any_document_of_the_family_is_given_back_byte_for_byte(drawn: tuple[str, str, str]) -> None:
    title, body, text = drawn
    found = loads(text, name="a")
    assert dumps(found) == text
    assert (found.title, found.body_html) == (unescaped(title), unescaped(body))


def outcome(data: bytes) -> bytes | str:
    try:
        return dumps(read(data, name="a.md")).encode()
    except Rejected as error:
        return "refused" if error.detail.startswith("a.md: ") else str(error)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([GOOD, OLD, MARCH]), st.data())
def test_a_damaged_document_is_given_back_byte_for_byte_or_refused(text: str, data: st.DataObject) -> None:
    lines = text.encode().split(b"\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        damaged = bytearray(lines[at])
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        lines[at : at + 1] = data.draw(st.sampled_from([[], [lines[at]] * 2, [bytes(damaged)], [b"---"]])) or [b""]
    damage = b"\n".join(lines)
    assert outcome(damage) in (damage, "refused")


@settings(max_examples=150, deadline=None)
@given(ANYTHING.filter(lambda t: any(c.isalnum() for c in t)), st.lists(ANYTHING, max_size=4), ANYTHING, MOMENT)
def test_any_article_becomes_a_document_that_loads_reads_and_yaml_too(
    title: str, categories: list[str], body: str, moment: datetime
) -> None:
    body = f"{body}\n---\n\n<div>   \n{body}  \n</div>\n            "
    text = dumps(article(title=title, categories=categories, body_html=body, published_at=moment + timedelta(0, 0, 7)))
    found = read(text.encode(), name="a")
    block = block_of(text)
    assert list(block) == ["title", "categories", "headimg", "author", "comments", "date", "thumbnail"]
    assert unescaped(block["title"]) == found.title
    assert [unescaped(name) for name in block["categories"]] == found.categories
    assert found.published_at == moment
    assert dumps(found) == text


@settings(max_examples=100, deadline=None)
@given(ANYTHING.filter(lambda t: any(c.isalnum() for c in t)), st.sampled_from(STYLES), st.booleans())
def test_any_title_in_any_style_gives_a_document_that_loads_reads(title: str, style: str, as_read: bool) -> None:
    found = article(title=title, layout=style, headimg="https://n.sinaimg.cn/a.jpg")
    text = dumps(found) if as_read else dumps(found, style=style)
    assert dumps(loads(text, name="a")) == text
