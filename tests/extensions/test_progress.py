"""Progress of a crawl: on a real terminal (a pty), in a log, and drawn from a run report built by hand."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from govnews_spider.extensions.progress import View
from govnews_spider.runs.live_table import Rate, line, pace, remaining, view
from govnews_spider.runs.run import OUTCOMES, ListStats, Run
from govnews_spider.sina.sections import SECTIONS
from tests.site import Catalog, SinaSite
from tests.support.crawls import ROOT, command

CATALOG = Catalog.generate(seed=41, lists=[1686, 1689], days=[date(2021, 11, 25)], count=24)
LISTS = "sections=国内滚动,部委动态"
RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[[\w.]+\] (DEBUG|INFO|WARNING|ERROR): ")


def run_of(**fields: Any) -> Run:
    """A run of two lists that is a minute old."""
    ended = Counter(stored=1290, unchanged=3_000, rejected=7, failed=2)
    lists = {
        "国内滚动": ListStats(pages=100, rows=5_000, fetched=1_209, outcomes=ended - Counter(stored=90)),
        "今日财经TOP10": ListStats(
            pages=20, rows=210, fetched=90, errors=Counter(http_502=1), outcomes=Counter(stored=90)
        ),
    }
    started = datetime(2021, 11, 25, 12, tzinfo=UTC)
    given = {
        "spider": "sina_gov",
        "lists": lists,
        "seen": 5_200,
        "outcomes": ended,
        "layouts": Counter(finance_2018=1_299),
    }
    run = Run(run_id="r", arguments={}, started=started, **(given | fields))
    run.finished = started + timedelta(seconds=61)
    return run


def drawn(run: Run, width: int, rate: float = 4.2) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as captured:
        console.print(view(run, rate, width))
    return captured.get().splitlines()


def ends(row: str) -> list[int]:
    """The cells in which the words of a row end."""
    return [cell_len(row[: word.end()]) for word in re.finditer(r"\S+", row)]


def test_a_wide_terminal_shows_every_count_of_every_list_in_its_column() -> None:
    head, titles, total, *lists = drawn(run_of(), 120)
    assert head == "0:01:01  4.2 articles/s"
    assert titles.split() == (
        [
            "sina_gov",
            "pages",
            "errors",
            "found",
            "fetched",
            "stored",
            "revised",
            "unchanged",
            "reprint",
            "off-topic",
            "rejected",
            "failed",
        ]
    )
    assert total.split() == ["total", "120", "1", "5,200", "1,299", "1,290", "0", "3,000", "0", "0", "7", "2"]
    assert lists[0].split() == ["国内滚动", "100", "0", "5,000", "1,209", "1,200", "0", "3,000", "0", "0", "7", "2"]
    assert lists[1].split() == ["今日财经TOP10", "20", "1", "210", "90", "90", "0", "0", "0", "0", "0", "0"]
    assert ends(total)[1:] == ends(titles)[1:]
    for row in lists:
        assert ends(row)[1:] == ends(titles)[1:]


def test_a_narrow_terminal_goes_without_what_matters_least() -> None:
    rows = drawn(run_of(), 60)
    assert rows[1].split() == ["sina_gov", "found", "stored", "unchanged", "rejected", "failed"]
    assert rows[2].split() == ["total", "5,200", "1,290", "3,000", "7", "2"]
    assert max(map(cell_len, rows)) <= 60
    assert all(ends(row)[1:] == ends(rows[1])[1:] for row in rows[2:])


def test_a_replay_of_files_has_no_lists_and_shows_how_far_it_is() -> None:
    run = run_of(lists={}, layouts=Counter(), expected=6_000, spider="seeds")
    head, bar, titles, total = drawn(run, 80, rate=10)
    assert head == "0:01:01  10.0 articles/s  4,299 of 6,000  0:02:50 left"
    assert 0.70 < bar.count("━") / 80 <= 1
    assert titles.split()[:3] == ["seeds", "found", "stored"]
    assert total.split()[:3] == ["total", "5,200", "1,290"]


COUNTS = st.integers(0, 10**9)
OUTCOME_COUNTS = st.dictionaries(st.sampled_from(OUTCOMES), COUNTS).map(Counter)


@given(
    width=st.integers(1, 200),
    lists=st.dictionaries(st.sampled_from(list(SECTIONS)), st.tuples(COUNTS, COUNTS, OUTCOME_COUNTS), max_size=5),
    outcomes=OUTCOME_COUNTS,
    expected=st.none() | COUNTS,
    rate=st.just(0.0) | st.floats(0.001, 10**6),
)
@settings(max_examples=50, deadline=None)
def test_no_account_and_no_width_breaks_the_view(
    width: int, lists: dict[str, Any], outcomes: Counter[str], expected: int | None, rate: float
) -> None:
    accounts = {name: ListStats(pages=p, rows=r, outcomes=o) for name, (p, r, o) in lists.items()}
    run = run_of(lists=accounts, outcomes=outcomes, seen=outcomes.total(), expected=expected)
    assert max(map(cell_len, drawn(run, width, rate))) <= width
    assert "\n" not in line(run, rate)


def test_the_line_of_a_log_names_what_is_not_nothing() -> None:
    assert line(run_of(), 4.24) == (
        "2 lists: 120 pages, 1 errors, 5,200 found, 1,299 fetched, 1,290 stored, 3,000 unchanged, 7 rejected, 2 failed, "
        "4.2 articles/s"
    )
    started = run_of(lists={}, layouts=Counter(), seen=0, outcomes=Counter(), expected=50)
    assert line(started, 0.0) == "0 found, 0.0 articles/s"
    assert line(run_of(lists={}, expected=5_299), 10.0).endswith(" 10.0 articles/s, 0:01:40 left")


def test_there_is_no_time_left_to_tell_where_the_end_is_unknown_or_nothing_arrives() -> None:
    assert remaining(run_of(), 4.2) is None
    assert remaining(run_of(expected=6_000), 0.0) is None
    assert remaining(run_of(expected=10), 1.0) == timedelta(0)
    assert "left" not in pace(run_of(expected=6_000), 0.0)


def test_the_rate_is_that_of_the_last_thirty_seconds() -> None:
    rate = Rate(began=100.0)
    assert rate(100.0, 0) == 0.0
    assert rate(110.0, 50) == 5.0
    for second in range(111, 200):
        settled = rate(float(second), 50 + 2 * (second - 110))
    assert settled == 2.0
    for second in range(200, 240):
        settled = rate(float(second), 228)
    assert settled == 0.0


def test_the_rate_of_what_is_told_every_minute_is_that_of_the_minute() -> None:
    rate = Rate(began=0.0)
    assert rate(60.0, 60) == 1.0
    assert rate(120.0, 180) == 2.0


def test_drawing_takes_a_hundredth_of_the_time_at_most() -> None:
    shown = View(run_of(), Console(file=io.StringIO(), force_terminal=True, width=100))
    shown.start()
    began = time.perf_counter()
    pause = shown.show()
    took = time.perf_counter() - began
    shown.end()
    assert pause >= 0.25
    assert took * 50 <= pause


def test_what_is_printed_to_a_file_while_the_view_lives_goes_to_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    shown = View(run_of(), Console(file=io.StringIO(), force_terminal=True, width=100))
    shown.start()
    sys.stdout.write("国务院\n")
    shown.end()
    assert capsys.readouterr().out == "国务院\n"


@pytest.fixture
def site() -> Iterator[SinaSite]:
    with SinaSite(CATALOG) as served:
        served.fault(CATALOG.articles[0].url, 404)
        yield served


class Terminal:
    """A pty, its width far beyond any line of the log, and what was written to it."""

    def __init__(self, width: int = 400) -> None:
        self._own, self.end = pty.openpty()
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        self.written = ""

    def run(self, line: list[str], meanwhile: Callable[[subprocess.Popen[bytes]], bool], **streams: Any) -> int:
        """The exit code of a command on the terminal; `meanwhile` is asked after each reading, False closes it."""
        streams = {"stdin": self.end, "stdout": self.end, "stderr": self.end} | streams
        raw = b""
        # Readline, where pytest has loaded it, passes on the size of another terminal.
        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        with subprocess.Popen(line, cwd=ROOT, env=environment, **streams) as process:
            os.close(self.end)
            try:
                while (read := _read(self._own)) and meanwhile(process):
                    raw += read
                    self.written = raw.decode("utf-8", "ignore")
                os.close(self._own)
                return process.wait(timeout=60)
            finally:
                process.kill()

    @property
    def screen(self) -> list[str]:
        """The lines as one sees them in the end, those that have scrolled away too."""
        lines, row, column = [""], 0, 0
        for control, number, kind, char in re.findall(r"(\x1b\[\??(\d*)[;\d]*(\w))|([\s\S])", self.written):
            if control and kind not in "AKhlm":
                raise AssertionError(f"the terminal does not know {control!r}")
            if char == "\r":
                column = 0
            elif char == "\n":
                row += 1
                lines += [""] * (row == len(lines))
            elif kind == "A":
                row -= int(number)
            elif kind == "K":
                lines[row] = ""
            elif char:
                lines[row] = lines[row][:column].ljust(column) + char + lines[row][column + 1 :]
                column += 1
        return lines


def _read(end: int) -> bytes:
    try:
        return os.read(end, 1 << 16)
    except OSError:  # EIO: nobody holds its other end any more
        return b""


def line_of(data: Path, site: SinaSite, *arguments: str, **chosen: Any) -> list[str]:
    return command(data, "sina_gov", LISTS, *arguments, gateway=site.url, **chosen)


def wait(process: subprocess.Popen[bytes]) -> bool:
    return True


def test_on_a_terminal_the_view_stays_below_whole_log_lines_and_ends_before_the_balance(
    tmp_path: Path, site: SinaSite
) -> None:
    terminal = Terminal()
    assert terminal.run(line_of(tmp_path, site, LOG_LEVEL="DEBUG"), wait) == 0
    screen = terminal.screen
    (titles,) = (number for number, text in enumerate(screen) if re.match(r"sina_gov +pages", text))
    balance = next(number for number, text in enumerate(screen) if text.startswith("run 20"))
    assert re.fullmatch(r"0:00:\d\d  [\d.]+ articles/s *", screen[titles - 1])
    assert screen[titles + 1].split() == ["total", "2", "0", "24", "23", "23", "0", "0", "0", "0", "1", "0"]
    lists = {text.split()[0]: text.split()[1:] for text in screen[titles + 2 : titles + 4]}
    assert set(lists) == {"国内滚动", "部委动态"}
    assert [sum(int(counts[place]) for counts in lists.values()) for place in (0, 3, 4, 9)] == [2, 23, 23, 1]
    records = [text for text in screen if re.search(r" \[[\w.]+\] [A-Z]+: ", text)]
    assert all(len(RECORD.findall(text)) == 1 and RECORD.match(text) for text in records)
    assert sum("rejected: http_404: " in text for text in records) == 1
    assert sum("Crawled (200)" in text for text in records) == 25 + sum("robots.txt" in url for url in site.requests)
    assert titles < balance < next(n for n, text in enumerate(screen) if text.startswith("exit 0: ok"))
    assert "Closing spider" in "".join(screen[:titles])


def test_what_is_no_terminal_gets_a_line_now_and_then_and_no_escape_code(tmp_path: Path, site: SinaSite) -> None:
    site.fault(CATALOG.articles[1].url, "slow", seconds=2.0)
    line = line_of(tmp_path, site, LOGSTATS_INTERVAL=0.5)
    done = subprocess.run(line, cwd=ROOT, env=os.environ | {"FORCE_COLOR": "1"}, capture_output=True, timeout=60)
    log = done.stderr.decode()
    assert (done.returncode, "\x1b" in log) == (0, False)
    shown = [text for text in log.splitlines() if "[govnews_spider.extensions.progress]" in text]
    assert len(shown) >= 2
    assert re.search(
        r"INFO: 2 lists: 2 pages, 24 found, \d+ fetched, \d+ stored, 1 rejected, [\d.]+ articles/s$", shown[-1]
    )
    assert "pages/min" not in log


def test_a_balance_that_goes_to_a_file_is_all_that_goes_there(tmp_path: Path, site: SinaSite) -> None:
    terminal = Terminal(width=80)
    with (tmp_path / "out").open("wb") as out:
        assert terminal.run(line_of(tmp_path / "data", site), wait, stdout=out) == 0
    written = (tmp_path / "out").read_text(encoding="utf-8")
    assert written.startswith("\nrun 20")
    assert written.endswith("exit 0: ok\n")
    assert any(re.match(r"sina_gov +pages", text) for text in terminal.screen)


def test_a_log_that_goes_to_a_file_leaves_the_view_to_the_terminal_of_the_balance(
    tmp_path: Path, site: SinaSite
) -> None:
    terminal = Terminal(width=80)
    with (tmp_path / "log").open("wb") as log:
        assert terminal.run(line_of(tmp_path / "data", site), wait, stderr=log) == 0
    assert sum(bool(re.match(r"sina_gov +pages", text)) for text in terminal.screen) == 1
    assert "\x1b" not in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_sample_is_shown_without_a_view(tmp_path: Path, site: SinaSite) -> None:
    terminal = Terminal()
    assert terminal.run(line_of(tmp_path, site, "sample=2"), wait) == 0
    assert "\x1b[?25l" not in terminal.written
    assert sum("sina.com.cn/" in text for text in terminal.screen) >= 2


def test_a_crawl_that_is_killed_leaves_the_cursor_to_be_seen_on_a_line_of_its_own(
    tmp_path: Path, site: SinaSite
) -> None:
    site.fault(lambda url: "doc-i" in url, "slow", seconds=20.0)
    terminal = Terminal(width=80)

    def kill(process: subprocess.Popen[bytes]) -> bool:
        if any("doc-i" in url for url in site.requests) and "部委动态" in terminal.written:
            process.kill()
        return True

    assert terminal.run(line_of(tmp_path, site, DOWNLOAD_TIMEOUT=60), kill) == -signal.SIGKILL
    assert terminal.screen[-2].startswith("部委动态 ")
    assert not terminal.screen[-1].strip()
    assert re.findall(r"\x1b\[\?25[lh]", terminal.written)[-1] == "\x1b[?25h"


def test_a_terminal_that_is_closed_ends_the_view_and_not_the_crawl(tmp_path: Path, site: SinaSite) -> None:
    site.fault(CATALOG.articles[1].url, "slow", seconds=5.0)
    terminal, log = Terminal(), tmp_path / "log"
    still = lambda process: not any("doc-i" in url for url in site.requests)  # noqa: E731 - a name for its meaning
    line = line_of(tmp_path / "data", site, LOG_FILE=log)
    assert terminal.run(line, still, stdout=subprocess.DEVNULL) == 0
    text = log.read_text(encoding="utf-8")
    assert text.count("ERROR: progress_failed: the run goes on") == 1
    assert text.count("Traceback") == 1
    (report,) = (tmp_path / "data" / "runs").glob("*.json")
    assert json.loads(report.read_text(encoding="utf-8"))["balance"]["stored"] == 23


def test_a_spider_of_another_kind_is_left_alone() -> None:
    line = [sys.executable, "-m", "scrapy", "fetch", "--nolog", "http://127.0.0.1:1/"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, timeout=60, text=True)
    assert "Traceback" not in done.stderr
