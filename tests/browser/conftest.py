"""A real browser, Debian's Chromium, and the pages it opens: a sample and the manual, in each theme."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_site import MANUAL, THEMES, build, write_sample

OFFLINE = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "install Debian's package chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=OFFLINE)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open a file: ``open_page(path, width=390, dark=True, ratio=3)``."""
    contexts = []

    def open_file(path: Path, width: int = 1280, *, dark: bool = False, ratio: float = 2) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            device_scale_factor=ratio,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(path.as_uri())
        for image in page.query_selector_all("img.layered-view"):
            image.evaluate("image => image.decode().catch(() => {})")
        return page

    yield open_file
    for context in contexts:
        context.close()


@pytest.fixture(scope="session", params=[pytest.param(each, marks=pytest.mark.xdist_group(each)) for each in THEMES])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    folder = tmp_path_factory.mktemp("sites")
    sources = {"sample": write_sample(folder / "source"), "manual": MANUAL}
    done: dict[tuple[str, str], Path] = {}

    def site(name: str, theme: str) -> Path:
        if (name, theme) not in done:
            done[name, theme] = build(sources[name], folder / name / theme, theme, folder / "cache")
        return done[name, theme]

    return site


@pytest.fixture
def sample(_built: Callable[[str, str], Path], theme: str) -> Path:
    """The folder of the sample's pages in a theme."""
    return _built("sample", theme)


@pytest.fixture
def manual(_built: Callable[[str, str], Path], theme: str) -> Path:
    """The folder of the manual's pages in a theme."""
    return _built("manual", theme)
