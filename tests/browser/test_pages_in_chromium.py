"""What a reader of the pages sees, hears and can use, in each theme, by day and by night, at a desk and on a phone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from PIL import Image, ImageChops, ImageColor, ImageStat

from sphinxext_layered.extension.config import SETTINGS
from sphinxext_layered.options import DECLARED, DEFAULTS

pytestmark = [pytest.mark.debian, pytest.mark.slow]

Opener = Callable[..., Any]

SWITCHES = {
    "furo": (".theme-toggle:visible", "document.body.dataset.theme"),
    "pydata_sphinx_theme": (".theme-switch-button:visible", "document.documentElement.dataset.mode"),
    "sphinx_book_theme": (".theme-switch-button:visible", "document.documentElement.dataset.mode"),
}

PICTURES = """() => [...document.querySelectorAll("img.layered-view")].map(image => {
    const holder = (image.closest("a") || image).parentElement.closest(":not(span)");
    const around = getComputedStyle(holder);
    return {
        name: image.src.split("/").pop(),
        theme: image.classList.contains("only-dark") ? "dark" : "light",
        shown: image.checkVisibility() && image.getBoundingClientRect().width > 0,
        width: image.getBoundingClientRect().width,
        right: image.getBoundingClientRect().right,
        ratio: image.getBoundingClientRect().width / image.getBoundingClientRect().height,
        natural: [image.naturalWidth, image.naturalHeight],
        room: holder.clientWidth - parseFloat(around.paddingLeft) - parseFloat(around.paddingRight),
        resized: /(em|%)$/.test(image.style.width) || image.closest(".thumbnail") !== null,
    };
})"""


def pictures(page: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(PICTURES)
    assert found
    return found


def pages_of(site: Path) -> list[Path]:
    """Return those that have a picture."""
    return sorted(path for path in site.rglob("*.html") if re.search("<img[^>]*layered-view", path.read_text("utf-8")))


def assert_natural(picture: dict[str, Any], ratio: float) -> None:
    width, height = picture["natural"]
    assert width, f"{picture['name']} does not load"
    assert picture["ratio"] == pytest.approx(width / height, rel=0.02), picture["name"]
    assert picture["width"] == pytest.approx(min(width / ratio, picture["room"]), abs=1), picture["name"]


def test_pictures_have_their_natural_size(open_page: Opener, sample: Path) -> None:
    page = open_page(sample / "index.html")
    whole = page.locator("#captioned img:visible, #drawing img:visible").evaluate_all(
        "images => images.map(image => [image.src.slice(-3), image.naturalWidth, image.clientWidth])"
    )
    assert [(kind, natural / shown) for kind, natural, shown in whole] == [("png", 2), ("svg", 1)]


def test_pictures_of_the_manual_have_their_natural_size_or_the_page_s(open_page: Opener, manual: Path) -> None:
    """But for the pages on which one has another size or pixel ratio."""
    for path in pages_of(manual):
        if re.search(":(pixel-ratio|width|height|scale):", re.sub(r"<[^>]+>", "", path.read_text("utf-8"))):
            continue
        for picture in pictures(open_page(path)):
            if picture["shown"] and not picture["resized"]:
                assert_natural(picture, 1 if picture["name"].endswith("svg") else 2)


def test_text_of_the_widest_picture_has_twelve_pixels(open_page: Opener, sample: Path) -> None:
    page = open_page(sample / "twice.html", width=1300, ratio=1)
    column = page.locator(".layered-view-block").first.evaluate("block => block.clientWidth")
    widest = SETTINGS["layered_view_max_width"].default
    assert DEFAULTS["font_size"] * min(column / widest, 1) >= 12


def test_pictures_are_sharp_on_a_fine_screen(open_page: Opener, sample: Path) -> None:
    page = open_page(sample / "index.html", ratio=2)
    image = page.locator("#captioned img:visible")
    box = image.bounding_box()
    image.evaluate("(image, x) => { image.style.position = 'relative'; image.style.left = x + 'px' }", -(box["x"] % 1))
    image.evaluate("(image, y) => { image.style.top = y + 'px' }", -(box["y"] % 1))
    seen = Image.open(io.BytesIO(image.screenshot())).convert("RGB")
    file = Image.open(sample / "_images" / unquote(image.get_attribute("src")).rpartition("/")[2]).convert("RGB")
    coarse = file.resize((file.width // 2, file.height // 2)).resize(file.size)
    size = (min(seen.width, file.width), min(seen.height, file.height))
    difference = [_difference(seen, other, size) for other in (file, coarse)]
    assert difference[0] < difference[1] / 3


def _difference(one: Image.Image, other: Image.Image, size: tuple[int, int]) -> float:
    """Return the mean difference, at the best of the places that rounding may have chosen."""
    one = one.crop((0, 0, *size))
    shifted = (ImageChops.offset(other.crop((0, 0, *size)), x, y) for x in (-1, 0, 1) for y in (-1, 0, 1))
    return min(sum(ImageStat.Stat(ImageChops.difference(one, each)).mean) for each in shifted)


def assert_theme(page: Any, theme: str) -> None:
    """Of each pair the one is seen that belongs to the theme, with its caption."""
    found = pictures(page)
    assert {picture["theme"] for picture in found if picture["shown"]} == {theme}
    assert sum(picture["shown"] for picture in found) == len(found) / 2
    captions = page.locator("figure.layered-view-figure figcaption")
    assert captions.count() == page.locator("figure.layered-view-figure").count()
    assert all(captions.nth(i).is_visible() for i in range(captions.count()))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_picture_follows_the_system(open_page: Opener, sample: Path, dark: bool) -> None:
    assert_theme(open_page(sample / "index.html", dark=dark), "dark" if dark else "light")


@pytest.mark.parametrize("theme", SWITCHES)
@pytest.mark.parametrize("wanted", ["dark", "light"])
def test_the_picture_follows_the_page_s_own_switch(open_page: Opener, sample: Path, theme: str, wanted: str) -> None:
    button, state = SWITCHES[theme]
    page = open_page(sample / "index.html", dark=wanted == "light")
    for _ in range(4):
        if page.evaluate(state) != wanted:
            page.locator(button).first.click()
            choice = page.locator(f".theme-change-button[data-mode={wanted}]:visible")  # a menu, in newer versions
            if choice.count():
                choice.first.click()
    assert page.evaluate(state) == wanted
    assert_theme(page, wanted)


def test_a_pair_has_one_number_and_one_caption(open_page: Opener, sample: Path) -> None:
    page = open_page(sample / "index.html")
    numbers = page.locator("figure.layered-view-figure .caption-number").all_inner_texts()
    assert [number.strip() for number in numbers] == ["Fig. 1", "Fig. 2", "Fig. 3", "Fig. 4"]
    assert page.locator("#captioned img").count() == 2
    assert page.get_by_role("link", name="Fig. 1", exact=True).count() == 1


def test_a_clear_picture_can_be_seen_on_a_page_that_stays_white(open_page: Opener, sample: Path, theme: str) -> None:
    page = open_page(sample / "index.html", dark=True)
    background = page.locator("#captioned img.only-dark").evaluate("image => getComputedStyle(image).backgroundColor")
    assert background == (
        "rgba(0, 0, 0, 0)" if theme in SWITCHES else f"rgb{ImageColor.getrgb(DECLARED['background_fill'].dark)}"
    )


def test_a_phone_need_not_scroll_sideways(open_page: Opener, sample: Path, manual: Path) -> None:
    for path in [sample / "index.html", *pages_of(manual)]:
        page = open_page(path, width=390, ratio=1)
        wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= room == 390, path.name
        for picture in pictures(page):
            if picture["shown"] and not picture["resized"]:
                assert picture["right"] <= 390, (path.name, picture["name"])
                assert picture["ratio"] == pytest.approx(picture["natural"][0] / picture["natural"][1], rel=0.02)


def test_a_picture_is_enlarged_on_a_phone(open_page: Opener, sample: Path) -> None:
    page = open_page(sample / "index.html", width=390, ratio=1)
    image = page.locator("#captioned img:visible")
    shown, natural, address = image.evaluate("image => [image.clientWidth, image.naturalWidth, image.src]")
    assert shown < 390 < natural
    image.click()
    assert page.url == address


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_keyboard_reaches_the_link_of_the_picture_that_is_seen(open_page: Opener, sample: Path, dark: bool) -> None:
    page = open_page(sample / "index.html", dark=dark)
    links = page.locator("a:has(> img.layered-view)")
    assert links.count() == 16
    for link in links.all():
        link.evaluate("link => link.focus()")
        image = link.locator("img")
        assert link.evaluate("link => link === document.activeElement") == image.is_visible()
        assert link.get_attribute("href") == image.get_attribute("src")
        assert image.get_attribute("alt")
    heard = page.get_by_role("link", name="small: 5 layers")
    assert heard.count() == links.count() / 2


def test_pictures_without_captions_stand_one_under_the_other(open_page: Opener, sample: Path) -> None:
    page = open_page(sample / "twice.html")
    first, second = (image.bounding_box() for image in page.locator("img.layered-view:visible").all())
    assert second["y"] >= first["y"] + first["height"]
    assert second["x"] == first["x"]


def test_downloads_stand_under_their_picture(open_page: Opener, sample: Path) -> None:
    page = open_page(sample / "downloads.html")
    images = [image.bounding_box() for image in page.locator("img.layered-view:visible").all()]
    ranges = (
        "p => { const r = document.createRange(); r.selectNodeContents(p.closest('figcaption') || p);"
        " return r.getBoundingClientRect().toJSON() }"
    )
    links = [line.evaluate(ranges) for line in page.locator(".layered-view-downloads").all()]
    assert len(images) == len(links) == 5
    sides = ([0], [0, 0.5], [0.5], [1], [0])  # a caption is to the left or in the middle, as the theme has it
    for image, link, shares in zip(images, links, sides, strict=True):
        off = [link["x"] - image["x"] + (link["width"] - image["width"]) * share for share in shares]
        assert min(map(abs, off)) <= 20  # furo moves pictures in by 16 px
        assert link["y"] >= image["y"] + image["height"] - 1


def test_a_tooltip_names_the_layer_under_the_pointer(open_page: Opener, sample: Path) -> None:
    page = open_page(sample / "index.html")
    address = page.locator("#drawing img:visible").evaluate("image => image.src")
    page.goto(address)
    under = page.evaluate(
        """() => [...document.querySelectorAll("g > title")].map(title => {
            const {x, y, width, height} = title.parentElement.lastElementChild.getBoundingClientRect();
            const hit = document.elementFromPoint(x + width / 2, y + height / 2);
            return [title.textContent, hit.closest("g").querySelector("title").textContent];
        })"""
    )
    assert [said for said, _ in under] == [said for _, said in under]
    assert [said.split(" (")[0] for said, _ in under if "(" in said] == [
        "conv_0",
        "conv_1",
        "conv_2",
        "dense",
        "scores",
    ]
    assert under[1][0] == "conv_1 (Conv2D), 16 \u00d7 16 \u00d7 16, 1,000 parameters"


def test_tables_are_open_collapsed_or_for_screen_readers(open_page: Opener, sample: Path) -> None:
    page = open_page(sample / "index.html")
    is_open, collapsed, hidden = (
        page.locator("table.layered-view-layers, .layered-view-layers table").nth(i) for i in range(3)
    )
    assert is_open.is_visible()
    assert is_open.get_by_role("row").last.inner_text().split() == ["Total", "134,786"]
    assert not collapsed.is_visible()
    page.get_by_text("Layers of small").click()
    assert collapsed.is_visible()
    heard = page.get_by_role("group", name="Layers of small")
    assert heard.count() >= 2
    assert heard.last.get_by_role("row").count() == 7
    box = page.locator(".layered-view-hidden").bounding_box()
    assert box["width"] * box["height"] <= 1
    assert hidden.get_by_role("columnheader").first.inner_text().strip() == "Index"


def test_files_can_be_downloaded(open_page: Opener, sample: Path) -> None:
    links = open_page(sample / "index.html").locator(".layered-view-downloads a")
    assert [text.strip() for text in links.all_inner_texts()] == ["PNG", "SVG", "PDF"]
    starts = [(sample / unquote(link.get_attribute("href"))).read_bytes()[:4] for link in links.all()]
    assert starts == [b"\x89PNG", b"<svg", b"%PDF"]


def test_the_source_is_wholly_seen_and_leads_to_its_file(open_page: Opener, sample: Path) -> None:
    page = open_page(sample / "index.html", width=390)
    wide, room = page.locator(".layered-view-source pre").evaluate("pre => [pre.scrollWidth, pre.clientWidth]")
    assert wide <= room
    page.locator(".layered-view-source-link a").click()
    assert "_modules/nets.html#small" in page.url


@pytest.mark.parametrize(
    ("selector", "width"),
    [("#plain ~ a img:visible", 0.5), ("img.align-left:visible", 150), ("img.align-right:visible", 10)],
)
def test_widths_are_those_that_the_page_says(open_page: Opener, sample: Path, selector: str, width: float) -> None:
    page = open_page(sample / "index.html")
    image = page.locator(selector)
    shown, natural, size = image.evaluate(
        "image => [image.clientWidth, image.naturalWidth, parseFloat(getComputedStyle(image).fontSize)]"
    )
    expected = {0.5: natural / 4, 150: 150, 10: 10 * size}[width]
    assert shown == pytest.approx(expected, abs=1)


def test_what_is_missing_is_said_beside_the_margin(open_page: Opener, sample: Path) -> None:
    page = open_page(sample / "index.html")
    notes = page.get_by_role("note")
    assert notes.count() == 3
    assert "the file of weights is not there" in notes.first.inner_text()
    aligned = page.locator("div.layered-view-failed").evaluate_all("all => all.map(n => getComputedStyle(n).textAlign)")
    assert set(aligned) == {"start"}


OURS = "[class*=layered-view]"
THEIRS = "a, code, code *, .highlight *"
"""What the theme colours in its own way everywhere, not on our account."""


def violations(page: Any, within: str = "", *, whole: bool = False) -> Iterable[str]:
    """Return what axe finds in what this extension adds, on its own or on the whole page, or in a part of the page."""
    import axe_playwright_python

    program = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")
    page.evaluate(program)
    return list(
        page.evaluate(
            """async ([ours, theirs, within, whole]) => {
                const found = await axe.run(whole ? document : within || ours, {resultTypes: ["violations"]});
                return found.violations.flatMap(rule => rule.nodes
                    .filter(node => {
                        const element = document.querySelector(node.target[0]);
                        const themed = rule.id === "color-contrast" && element.matches(theirs);
                        return element && (within || (element.closest(ours) && !themed));
                    })
                    .map(node => rule.id + ": " + node.html.slice(0, 200) + " " + node.failureSummary));
            }""",
            [OURS, THEIRS, within, whole],
        )
    )


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_in_what_is_added(open_page: Opener, sample: Path, dark: bool) -> None:
    assert violations(open_page(sample / "index.html", dark=dark), whole=True) == []


def test_axe_finds_nothing_about_the_manual_s_pictures(open_page: Opener, manual: Path) -> None:
    for path in pages_of(manual):
        assert violations(open_page(path)) == [], path.name


@pytest.mark.parametrize("theme", ["furo"])
@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)], ids=["dark phone", "light screen"])
def test_axe_finds_nothing_on_the_manual_s_pages(open_page: Opener, manual: Path, width: int, dark: bool) -> None:
    """In the theme that the manual is made for, but for what that theme puts around them."""
    for path in pages_of(manual):
        assert violations(open_page(path, width, dark=dark), "article") == [], path.name
