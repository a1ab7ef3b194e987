"""Opens the report of a check of incoming data in a real browser, and clicks through it.

usage: drift_report.py PAGE [--browser PROGRAM] [--screenshots DIR]

Looks at it 1280 and 390 px wide, light and dark, without scripts, and as it is printed. Fails on a console error, on any
request for something else than the page, on a page wider than its window, and where a click does not do what it should.
"""

import argparse
import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

SIZES = [(1280, 900), (390, 844)]
SCHEMES = ["light", "dark"]


def opened(browser: Browser, page_file: Path, faults: list, **options) -> Page:
    """The page in a window of its own; what it complains of or asks for goes to `faults`."""
    page = browser.new_context(**options).new_page()
    page.on("console", lambda message: faults.append(f"console: {message.text}") if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    address = page_file.resolve().as_uri()
    page.on("request", lambda request: None if request.url.split("#")[0] == address or request.url.startswith("blob:") else faults.append(f"request: {request.url}"))
    page.goto(address)
    return page


def is_painted(page: Page, canvas) -> bool:
    """Whether a canvas shows anything."""
    return canvas.evaluate("c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((value) => value > 0)")


def check_width(page: Page, what: str, faults: list) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        faults.append(f"{what}: the page is {wide} px wider than its window")


def check_details(page: Page, faults: list) -> None:
    """Every check opens and closes."""
    page.get_by_role("button", name="Close all").click()
    if page.locator("details.check[open]").count():
        faults.append("`Close all` leaves checks open")
    link = page.locator(".lines a").last
    link.click()
    target = page.locator(f"[id='{link.get_attribute('href')[1:]}']")
    if target.get_attribute("open") is None:
        faults.append("a link to a check does not open it")
    target.locator("summary").first.click()
    if target.get_attribute("open") is not None:
        faults.append("a click does not close a check")
    page.get_by_role("button", name="Open all").click()
    for about in page.locator("details.about > summary").all():
        about.click()
        if not about.locator("xpath=../p").first.is_visible():
            faults.append("a definition does not open")
    for details in page.locator("details.bins > summary, details.behind > summary").all():
        details.click()


def check_plot(page: Page, figure, faults: list) -> None:
    """A plot is drawn, answers the pointer, and hides a set when its key is pressed."""
    title = figure.locator("figcaption").inner_text()
    figure.scroll_into_view_if_needed()
    canvas = figure.locator("canvas")
    canvas.wait_for()
    if not is_painted(page, canvas):
        faults.append(f"{title}: nothing is drawn")
    tooltip = "(c) => { const t = Chart.getChart(c).tooltip; return t.opacity > 0 ? [...t.title, ...t.body.flatMap((b) => b.lines)].join(' ') : ''; }"
    point = canvas.evaluate("(c) => { const m = Chart.getChart(c).getSortedVisibleDatasetMetas()[0]; const e = m.data[Math.floor(m.data.length / 2)]; return [e.x, e.y]; }")
    canvas.hover(position={"x": point[0], "y": min(point[1], canvas.bounding_box()["height"] - 5)})
    page.wait_for_timeout(50)
    if not canvas.evaluate(tooltip):
        faults.append(f"{title}: no tooltip")
    if figure.locator(".picked").count():
        canvas.click(position={"x": point[0], "y": point[1]})
        try:
            figure.locator(".picked", has_text="row").wait_for(timeout=3000)
        except TimeoutError:
            faults.append(f"{title}: a click keeps no text")
    for key in figure.locator(".keys button").all():
        shown = "(c) => Chart.getChart(c).getSortedVisibleDatasetMetas().length"
        before = canvas.evaluate(shown)
        key.click()
        if canvas.evaluate(shown) != before - 1 or key.get_attribute("aria-pressed") != "false":
            faults.append(f"{title}: a key does not hide its set")
        key.click()


def check_download(page: Page, faults: list) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as JSON").click()
    saved = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    shown = json.loads(page.locator("#outcome").inner_text() or page.evaluate("document.getElementById('outcome').textContent"))
    if saved != shown or "checks" not in saved:
        faults.append("what is saved is not what the page has")


def click_through(browser: Browser, args, faults: list) -> int:
    plots = 0
    for width, height in SIZES:
        for scheme in SCHEMES:
            found: list = []
            page = opened(browser, args.page, found, viewport={"width": width, "height": height}, color_scheme=scheme)
            check_width(page, "closed", found)
            shot(page, args, f"{width}_{scheme}")
            check_details(page, found)
            for figure in page.locator("figure:has(.stage)").all():
                check_plot(page, figure, found)
                plots += 1
            check_width(page, "open", found)
            check_download(page, found)
            page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
            page.wait_for_timeout(100)
            shot(page, args, f"{width}_{scheme}_open")
            faults.extend(f"{width} px, {scheme}: {fault}" for fault in found)
            page.context.close()
    return plots


def check_without_scripts(browser: Browser, args, faults: list) -> None:
    """Plots are SVG where scripts do not run, and on paper."""
    page = opened(browser, args.page, faults, java_script_enabled=False)
    shot(page, args, "no_script")
    for plot in page.locator("details[open] svg.plot").all():
        if not plot.is_visible():
            faults.append("without scripts: a plot is not shown")
    page.context.close()
    page = opened(browser, args.page, faults, viewport={"width": 800, "height": 1100})
    page.emulate_media(media="print")
    for plot in page.locator("details[open] .stage").all():
        if plot.locator("canvas").count() and plot.locator("canvas").is_visible():
            faults.append("on paper: a canvas is shown instead of the SVG")
    if args.screenshots:
        page.pdf(path=str(args.screenshots / "print.pdf"))
    page.context.close()


def shot(page: Page, args, name: str) -> None:
    if args.screenshots:
        page.screenshot(path=str(args.screenshots / f"{name}.png"), full_page=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--screenshots", type=Path)
    args = parser.parse_args()
    if args.screenshots:
        args.screenshots.mkdir(parents=True, exist_ok=True)
    faults: list = []
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=args.browser, args=flags)
        plots = click_through(browser, args, faults)
        check_without_scripts(browser, args, faults)
        browser.close()
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{args.page.name}: {len(SIZES) * len(SCHEMES)} windows, {plots} plots, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
