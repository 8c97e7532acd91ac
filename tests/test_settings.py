from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

import govnews_spider.settings as module
from govnews_spider import __version__
from govnews_spider.runs.options import Options
from tests.site import SinaSite, demo_catalog
from tests.support.crawls import ROOT, crawl

OURS = [name for name in vars(module) if name.startswith("GOVNEWS_")]


def chosen(**changes: Any) -> Settings:
    settings = Settings()
    settings.setmodule(module)
    settings.setdict(changes, priority="cmdline")
    return settings


def test_the_defaults_are_valid() -> None:
    options = Options.read(chosen())
    assert (options.data, options.gateway, options.flush_rows) == (Path("data"), None, 1000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GOVNEWS_DATA", str(ROOT / "scrapy.cfg")),
        ("GOVNEWS_DATA", str(ROOT / "scrapy.cfg" / "below")),
        ("GOVNEWS_DATA", ""),
        ("GOVNEWS_GATEWAY", "ftp://127.0.0.1"),
        ("GOVNEWS_GATEWAY", "http://127.0.0.1:99999"),
        ("GOVNEWS_GATEWAY", "http://127.0.0.1/path"),
        ("GOVNEWS_CONTACT", "a\nb"),
        ("GOVNEWS_CONTACT", "联系人"),
        ("GOVNEWS_FLUSH_ROWS", "0"),
        ("GOVNEWS_FLUSH_ROWS", "1.5"),
        ("GOVNEWS_STALE_AFTER", "-1"),
        ("GOVNEWS_STALE_AFTER", "nan"),
        ("GOVNEWS_STALE_AFTER", "1e300"),
        ("GOVNEWS_RETRY_WAIT", "x"),
        ("GOVNEWS_WAIT_MAX", "inf"),
    ],
)
def test_a_bad_value_is_named_with_its_setting(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(f"bad_setting: {name}={value!r} is not a")):
        Options.read(chosen(**{name: value}))


def test_each_setting_of_ours_has_its_effect_in_the_line_before() -> None:
    lines = Path(module.__file__).read_text(encoding="utf-8").splitlines()
    for name in OURS:
        (place,) = [number for number, line in enumerate(lines) if line.startswith(f"{name} =")]
        assert re.match(r"# .+[.;]", lines[place - 1]), name
        assert f'os.environ.get("{name}"' in lines[place]


def test_safe_defaults() -> None:
    settings = chosen()
    assert settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
    assert settings.getint("DOWNLOAD_MAXSIZE") == 8 * 1024 * 1024
    handlers = settings.getwithbase("DOWNLOAD_HANDLERS")
    assert {scheme for scheme, handler in handlers.items() if handler} == {"http", "https"}
    assert settings.getbool("ROBOTSTXT_OBEY")
    assert settings.getbool("AUTOTHROTTLE_ENABLED")
    assert settings.getfloat("DOWNLOAD_DELAY") >= 1
    assert not settings.getbool("TELNETCONSOLE_ENABLED")
    assert not settings.getbool("REMOTE_CONTROL_ENABLED")
    chain = settings.get_component_priority_dict_with_base("DOWNLOADER_MIDDLEWARES")
    names = {str(kind).rsplit(".", 1)[-1] for kind in chain}
    assert not names & {
        "CookiesMiddleware",
        "MetaRefreshMiddleware",
        "OffsiteMiddleware",
        "RobotsTxtMiddleware",
        "HttpCompressionMiddleware",
    }
    assert {"AllowedHosts", "Robots", "Redirects", "RetryAfterMiddleware", "DecompressionMiddleware"} <= names


def test_a_run_says_what_it_does_and_not_what_scrapy_is_made_of(tmp_path: Path) -> None:
    done = crawl(tmp_path, "seeds", LOG_LEVEL="INFO")
    assert "INFO: Spider opened" in done.log
    assert len(done.log.splitlines()) < 8, done.log


def test_the_environment_sets_and_the_command_line_wins(tmp_path: Path) -> None:
    with SinaSite(demo_catalog()) as site:
        env = {"GOVNEWS_GATEWAY": site.url, "GOVNEWS_STALE_AFTER": "72", "GOVNEWS_DATA": str(tmp_path / "env")}
        done = crawl(tmp_path / "line", "sina_gov", "sections=1689", env=env)
    assert done.code == 0
    assert done.balance["stored"]
    assert not (tmp_path / "env").exists()


def test_the_version_stands_in_one_place_and_heads_the_changelog() -> None:
    assert f"govnews_spider/{__version__})" in module.USER_AGENT
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert (project["project"]["dynamic"], "version" in project["project"]) == (["version"], False)
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "govnews_spider.__version__"}
    heads = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert heads[0].startswith(f"{__version__} ")
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ \((unreleased|20\d\d-\d\d-\d\d)\)", head) for head in heads)
