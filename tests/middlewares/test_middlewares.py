"""Where a request may go, and when: each rule on a real server, through a real crawl."""

from __future__ import annotations

import gzip
import itertools
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from govnews_spider.middlewares.retry_after import retry_after
from tests.site import Catalog, SinaSite
from tests.site.pages import Page
from tests.support.crawls import Crawl, crawl

NOW = datetime(2021, 11, 25, 12, tzinfo=UTC)
CATALOG = Catalog.generate(seed=7, lists=[1686], days=[date(2021, 11, 25)], count=6)
ARTICLES = [article.url for article in CATALOG.articles]
API = "https://feed.mix.sina.com.cn/"


@pytest.fixture
def site() -> Iterator[SinaSite]:
    with SinaSite(CATALOG) as served:
        yield served


def run(tmp_path: Path, site: SinaSite, **settings: object) -> Crawl:
    return crawl(tmp_path, "sina_gov", "sections=1686", gateway=site.url, **settings)


def asked(site: SinaSite, part: str) -> int:
    return sum(part in url for url in site.requests)


@pytest.mark.parametrize(
    ("to", "slug"),
    [
        ("https://finance.sina.com.cn.evil.net/a.html", "offsite_redirect"),
        ("http://127.0.0.1:1/", "offsite_redirect"),
        ("http://[::1]/", "offsite_redirect"),
        ("http://169.254.169.254/latest/meta-data/", "offsite_redirect"),
        ("https://user@finance.sina.com.cn/", "offsite_redirect"),
        ("file:///etc/passwd", "bad_scheme"),
        ("ftp://finance.sina.com.cn/a", "bad_scheme"),
        ("data:text/html,a", "bad_scheme"),
    ],
)
def test_a_redirect_out_of_sina_is_not_followed(tmp_path: Path, site: SinaSite, to: str, slug: str) -> None:
    site.fault(ARTICLES[0], "redirect", to=to)
    done = run(tmp_path, site)
    assert done.balance == {"seen": 6, "stored": 5, "rejected": 1}
    (line,) = done.rejections
    assert (line["slug"], line["url"]) == (slug, ARTICLES[0])
    assert to in line["detail"]
    assert not asked(site, to)
    assert done.code == 0


def test_each_hop_of_a_redirect_is_checked(tmp_path: Path, site: SinaSite) -> None:
    site.fault(ARTICLES[0], "redirect", to="https://news.sina.com.cn/hop")
    site.fault("https://news.sina.com.cn/hop", "redirect", to="https://evil.net/")
    (line,) = run(tmp_path, site).rejections
    assert line["slug"] == "offsite_redirect"
    assert asked(site, "hop") == 1
    assert not asked(site, "evil")


def test_a_redirect_within_sina_is_followed_and_the_page_arrives(tmp_path: Path, site: SinaSite) -> None:
    moved = "https://news.sina.com.cn/c/2021-11-25/doc-imoved1234567.shtml"
    site.fault(ARTICLES[0], "redirect", to=moved)
    with SinaSite(CATALOG) as other:
        site.pages[moved] = other._answer(ARTICLES[0])
    done = run(tmp_path, site)
    assert done.balance == {"seen": 6, "stored": 6}


def test_a_redirect_loop_ends_and_is_named(tmp_path: Path, site: SinaSite) -> None:
    site.fault(ARTICLES[0], "redirect")
    done = run(tmp_path, site)
    assert [line["slug"] for line in done.rejections] == ["redirect_loop"]
    assert asked(site, ARTICLES[0]) == 6
    assert done.code == 5


def test_robots_is_asked_for_before_anything_else_on_each_host(tmp_path: Path, site: SinaSite) -> None:
    run(tmp_path, site)
    hosts = {url.split("/")[2] for url in site.requests}
    for host in hosts:
        first = next(url for url in site.requests if url.split("/")[2] == host)
        assert first == f"https://{host}/robots.txt"
        assert asked(site, f"//{host}/robots.txt") == 1


def test_what_robots_forbids_is_not_fetched(tmp_path: Path, site: SinaSite) -> None:
    path = ARTICLES[0].split("sina.com.cn", 1)[1]
    site.robots(200, f"User-agent: *\nAllow: /\n\nUser-agent: govnews_spider\nDisallow: {path}\n")
    done = run(tmp_path, site)
    assert [line["slug"] for line in done.rejections] == ["robots_forbidden"]
    assert not asked(site, ARTICLES[0])


def test_requests_that_wait_together_for_robots_are_all_bound_by_it(tmp_path: Path, site: SinaSite) -> None:
    for host in {url.split("/")[2] for url in ARTICLES}:
        site.robots(200, "User-agent: *\nDisallow: /\n", host=host)
    done = run(tmp_path, site)
    assert done.report["slugs"] == {"robots_forbidden": 6}
    assert not asked(site, "doc-i")


def test_robots_404_allows_everything(tmp_path: Path, site: SinaSite) -> None:
    site.robots(404, "<html>Disallow: /</html>", content_type="text/html")
    assert run(tmp_path, site).balance == {"seen": 6, "stored": 6}


def test_a_page_of_html_is_no_robots_file(tmp_path: Path, site: SinaSite) -> None:
    site.robots(200, "<html><pre>\nUser-agent: *\nDisallow: /\n</pre></html>", content_type="text/html")
    assert run(tmp_path, site).balance == {"seen": 6, "stored": 6}


def test_robots_503_is_asked_for_again_and_then_obeyed(tmp_path: Path, site: SinaSite) -> None:
    site.robots(503, host="feed.mix.sina.com.cn", times=1)
    assert run(tmp_path, site).balance == {"seen": 6, "stored": 6}
    assert asked(site, "feed.mix.sina.com.cn/robots.txt") == 2


def test_robots_503_for_good_is_no_permission(tmp_path: Path, site: SinaSite) -> None:
    site.robots(503, "<html>Service Unavailable</html>", content_type="text/html")
    done = run(tmp_path, site)
    assert (done.code, done.report["slugs"]) == (4, {"robots_unavailable": 1})
    assert asked(site, "robots.txt") == len(site.requests) == 3


def test_a_host_whose_robots_are_away_fails_and_the_others_arrive(tmp_path: Path, site: SinaSite) -> None:
    site.robots(503, host="finance.sina.com.cn")
    done = run(tmp_path, site)
    assert done.code == (5 if done.balance.get("stored") else 4)
    assert {line["slug"] for line in done.rejections} == {"robots_unavailable"}
    assert not asked(site, "finance.sina.com.cn/china")


def test_crawl_delay_is_kept_between_requests(tmp_path: Path, site: SinaSite) -> None:
    site.robots(200, "User-agent: *\nCrawl-delay: 0.4\n")
    stamps: dict[str, list[float]] = {}

    def stamp(url: str) -> bool:
        if "robots" not in url:
            stamps.setdefault(url.split("/")[2], []).append(time.monotonic())
        return False

    site.fault(stamp, 500)
    assert run(tmp_path, site).balance == {"seen": 6, "stored": 6}
    gaps = [later - earlier for times in stamps.values() for earlier, later in itertools.pairwise(times)]
    assert len(gaps) >= 2
    assert min(gaps) > 0.25


def test_a_crawl_delay_beyond_the_limit_is_cut(tmp_path: Path, site: SinaSite) -> None:
    site.robots(200, "User-agent: *\nCrawl-delay: 86400\n")
    assert run(tmp_path, site, GOVNEWS_WAIT_MAX=0.05).balance == {"seen": 6, "stored": 6}


@pytest.mark.parametrize(("status", "header"), [(429, "1"), (503, "1"), (429, "date")])
def test_retry_after_is_waited_for(tmp_path: Path, site: SinaSite, status: int, header: str) -> None:
    later = datetime.now(UTC) + timedelta(
        minutes=5
    )  # longer than a busy machine takes to begin; the wait is cut to a second
    when = later.strftime("%a, %d %b %Y %H:%M:%S GMT") if header == "date" else "1"
    stamps: list[float] = []

    def struck(url: str) -> bool:
        hit = "api/roll/get" in url
        stamps.extend([time.monotonic()] * hit)
        return hit and len(stamps) == 1

    site.fault(struck, status, retry_after=when)
    assert run(tmp_path, site, GOVNEWS_WAIT_MAX=1).balance == {"seen": 6, "stored": 6}
    assert stamps[1] - stamps[0] >= 1.0


def test_the_wait_before_a_retry_doubles_where_the_site_names_none(tmp_path: Path, site: SinaSite) -> None:
    stamps: list[float] = []

    def struck(url: str) -> bool:
        stamps.extend([time.monotonic()] * ("api/roll/get" in url))
        return "api/roll/get" in url and len(stamps) < 3

    site.fault(struck, 502)
    assert run(tmp_path, site, GOVNEWS_RETRY_WAIT=0.6).balance == {"seen": 6, "stored": 6}
    assert 0.5 < stamps[1] - stamps[0] < 1.1 < stamps[2] - stamps[1]


def test_retry_after_is_cut_at_the_limit(tmp_path: Path, site: SinaSite) -> None:
    site.fault(API + "api", 429, times=1, retry_after="86400")
    assert run(tmp_path, site, GOVNEWS_WAIT_MAX=0.1).balance == {"seen": 6, "stored": 6}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Thu, 25 Nov 2021 12:01:30 GMT", 90.0),
        ("Thu, 25 Nov 2021 20:01:30 +0800", 90.0),
        ("Thu, 25 Nov 2021 11:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_of_more_than_8_mb_is_refused_packed_or_not(tmp_path: Path, site: SinaSite, packed: bool) -> None:
    body = b"<html>" + b" " * (9 * 1024 * 1024)
    headers = {"Content-Type": "text/html"} | ({"Content-Encoding": "gzip"} if packed else {})
    site.pages[ARTICLES[0]] = Page(200, headers, gzip.compress(body) if packed else body)
    done = run(tmp_path, site)
    assert done.balance == {"seen": 6, "stored": 5, "rejected": 1}
    assert [line["slug"] for line in done.rejections] == ["body_too_large"]


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize(
    ("damage", "slug"),
    [
        (lambda body: body[:-2], "truncated_body"),
        (lambda body: body[:60] + b"\xff" * 400, "damaged_body"),
    ],
    ids=["cut", "damaged"],
)
def test_a_packed_body_that_is_not_whole_is_asked_for_again_and_then_named(
    tmp_path: Path, site: SinaSite, coding: str, damage: Callable[[bytes], bytes], slug: str
) -> None:
    pack = gzip.compress if coding == "gzip" else zlib.compress
    packed = damage(pack(site._answer(ARTICLES[0]).body))
    site.pages[ARTICLES[0]] = Page(200, {"Content-Type": "text/html", "Content-Encoding": coding}, packed)
    before = asked(site, ARTICLES[0])
    done = run(tmp_path, site)
    assert (done.code, done.balance) == (5, {"seen": 6, "stored": 5, "failed": 1})
    assert done.report["slugs"] == {slug: 1}
    assert asked(site, ARTICLES[0]) - before == 3


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lambda body: zlib.compress(body)[2:-4]])
def test_a_packed_body_arrives_whatever_its_form(
    tmp_path: Path, site: SinaSite, pack: Callable[[bytes], bytes]
) -> None:
    coding = "gzip" if pack is gzip.compress else "deflate"
    headers = {"Content-Type": "text/html", "Content-Encoding": coding}
    site.pages[ARTICLES[0]] = Page(200, headers, pack(site._answer(ARTICLES[0]).body))
    assert run(tmp_path, site).balance == {"seen": 6, "stored": 6}


@pytest.mark.parametrize("to", ["http://[", "https://finance.sina.com.cn:99999/", " "])
def test_a_redirect_to_what_is_no_address_is_named(tmp_path: Path, site: SinaSite, to: str) -> None:
    site.fault(ARTICLES[0], "redirect", to=to)
    done = run(tmp_path, site)
    assert done.report["slugs"] == {"bad_redirect": 1}
    assert done.balance == {"seen": 6, "stored": 5, "failed": 1}


class _Echo(BaseHTTPRequestHandler):
    """Answers anything with 404 and keeps what it was asked."""

    asked: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.asked.append((self.path, dict(self.headers)))
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that refuses the certificate hangs up; nothing to say about it."""


@pytest.fixture
def echo() -> Iterator[_Server]:
    _Echo.asked = []
    server = _Server(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_every_request_says_who_asks_and_carries_the_referer(tmp_path: Path, echo: _Server) -> None:
    gateway = f"http://127.0.0.1:{echo.server_port}"
    crawl(tmp_path, "sina_gov", "sections=1686", gateway=gateway, GOVNEWS_CONTACT="mailto:desk@example.org")
    path, headers = _Echo.asked[-1]
    assert path.startswith("/https://feed.mix.sina.com.cn/api/roll/get?pageid=155&lid=1686&num=50&page=1")
    agent = headers["User-Agent"]
    assert agent.startswith("Mozilla/5.0 (compatible; govnews_spider/")
    assert agent.endswith("; +mailto:desk@example.org)")
    assert headers["Referer"] == "https://finance.sina.com.cn/"
    assert "Cookie" not in headers


def test_a_user_agent_of_ones_own_is_kept_whole(tmp_path: Path, echo: _Server) -> None:
    gateway = f"http://127.0.0.1:{echo.server_port}"
    settings = {"USER_AGENT": "Mozilla/5.0 desk", "GOVNEWS_CONTACT": "mailto:desk@example.org"}
    crawl(tmp_path, "sina_gov", "sections=1686", gateway=gateway, **settings)
    assert _Echo.asked[-1][1]["User-Agent"] == "Mozilla/5.0 desk (+mailto:desk@example.org)"


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, echo: _Server) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    echo.socket = context.wrap_socket(echo.socket, server_side=True)
    gateway = f"https://localhost:{echo.server_port}"
    done = crawl(tmp_path / "data", "sina_gov", "sections=1686", gateway=gateway)
    assert done.code == 4
    assert not _Echo.asked
    assert "certificate verify failed" in done.rejections[0]["detail"]
    crawl(tmp_path / "data", "sina_gov", "sections=1686", gateway=gateway, DOWNLOAD_VERIFY_CERTIFICATES=0)
    assert _Echo.asked, "the server is one that answers whoever does not ask for its certificate"


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    alternative = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
