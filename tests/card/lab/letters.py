"""Child of `eyes`: draws sentences as the daemon's windows do, on a screen where nothing else is.

A JSON object a line on stdin: {"text"}. A line on stdout: a list of {"size", "pixels", "ends"} for every font
and colour that the windows have; `pixels` is base64 RGB, `ends` where each character ends, in pixels.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import tkinter as tk
from typing import Any

from PIL import ImageGrab

from bridge.ui import theme
from bridge.ui.palette import LIGHT

_COLOURS = (
    (LIGHT.alert, LIGHT.paper),
    (LIGHT.ink, LIGHT.paper),
    (LIGHT.ink, LIGHT.alert_paper),
    (LIGHT.alert, LIGHT.alert_paper),
    (LIGHT.faint, LIGHT.paper),
    (LIGHT.ink, LIGHT.panel),
    (LIGHT.on_band, LIGHT.band),
)


def main() -> None:
    root = tk.Tk(className="letters")
    root.overrideredirect(True)
    root.geometry("+0+0")
    root.tk.call("wm", "geometry", ".", "+0+0")
    fonts = theme.Theme(root)
    for line in sys.stdin:
        text: str = json.loads(line)["text"]
        kinds = (fonts.bold, fonts.body, fonts.title, fonts.small)
        drawn = [_draw(root, text, kind, *colours) for kind in kinds for colours in _COLOURS]
        sys.stdout.write(json.dumps(drawn) + "\n")
        sys.stdout.flush()


def _draw(root: tk.Tk, text: str, kind: Any, ink: str, paper: str) -> dict[str, Any]:
    label = tk.Label(
        root, text=text, font=kind, foreground=ink, background=paper, borderwidth=0, padx=0, pady=0
    )
    label.configure(highlightthickness=0)
    label.pack()
    root.update()
    width, height = label.winfo_width(), label.winfo_height()
    left, top = label.winfo_rootx(), label.winfo_rooty()
    box = (left, top, left + width, top + height)
    pixels = ImageGrab.grab(bbox=box, xdisplay=os.environ["DISPLAY"]).convert("RGB").tobytes()
    label.destroy()
    return {
        "size": [width, height],
        "pixels": base64.b64encode(pixels).decode(),
        "ends": [kind.measure(text[: end + 1]) for end in range(len(text))],
    }


if __name__ == "__main__":
    main()
