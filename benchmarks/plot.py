"""Draws the ratios of `serving.py` as an SVG for README.md."""

from pathlib import Path
from statistics import median
from typing import Any

Ratios = dict[str, dict[str, list[float]]]  # by operation and service, one each round

PANELS = {
    "cpu": "CPU for a request (less is better)",
    "rate": "requests a second (more is better)",
    "p99": "99th percentile of latency (less is better)",
}
COLOURS = ("#b8c4d6", "#2f65b0", "#d9822b")


def draw(panels: dict[str, Ratios], first: str, path: Path) -> None:
    """Write a panel for each figure: medians as bars, extremes as whiskers.

    `first` is the service that is 1 in every panel.
    """
    import matplotlib  # here, for who draws nothing need not have it
    from matplotlib import pyplot

    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "", "font.size": 9}
    figure, axes = pyplot.subplots(len(panels), 1, figsize=(8, 7), sharex=True)
    for axis, (kind, ratios) in zip(axes, panels.items(), strict=True):
        names = list(dict.fromkeys(name for each in ratios.values() for name in each))
        for place, name in enumerate(names):
            add_bars(axis, ratios, name, place - (len(names) - 1) / 2)
        axis.axhline(1, color="#888888", linewidth=0.8)
        axis.set_title(f"{PANELS[kind]}, {first} = 1", loc="left", fontsize=9)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_ylim(0, 3.5)  # a whisker may be longer
    axes[-1].set_xticks(range(len(ratios)), list(ratios))
    axes[0].legend(frameon=False, ncols=2)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def add_bars(axis: Any, ratios: Ratios, name: str, place: float) -> None:
    """Draw what one service has in one panel."""
    at, heights, below, above = [], [], [], []
    for position, of_service in enumerate(ratios.values()):
        if name in of_service:
            values = of_service[name]
            at.append(position + place * 0.2)
            heights.append(median(values))
            below.append(heights[-1] - min(values))
            above.append(max(values) - heights[-1])
    drawn = len(axis.containers) // 2
    axis.bar(at, heights, 0.18, label=name, color=COLOURS[drawn])
    lines = {"linewidth": 0.8, "color": "#444444"}
    axis.errorbar(at, heights, (below, above), fmt="none", **lines)
