"""Take a picture of a report as a browser shows it without network.

usage: picture.py REPORT.html PICTURE.png [WIDTH [HEIGHT]]

WIDTH is the window's, in pixels (1280); HEIGHT cuts the picture (the whole page).
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright


def take(report: Path, picture: Path, width: int = 1280, height: int | None = None) -> None:
    """Write the picture of `report`."""
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.context.set_offline(True)
        page.goto(report.absolute().as_uri())
        for figure in page.locator(".plotly-graph-div").all():  # drawn when they come near
            figure.scroll_into_view_if_needed()
            figure.locator(".main-svg").first.wait_for(state="attached")
        page.wait_for_timeout(2000)
        whole = page.evaluate("document.documentElement.scrollHeight")
        part: Any = {"x": 0, "y": 0, "width": width, "height": min(height or whole, whole)}
        page.screenshot(path=picture, full_page=True, clip=part)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    take(Path(sys.argv[1]), Path(sys.argv[2]), *(int(number) for number in sys.argv[3:]))
