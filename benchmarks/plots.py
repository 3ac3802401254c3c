"""The plots of a report, as SVG: ratios with their spread and goals, and latencies by percentile."""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks.latencies import PARTS, Percentiles
from benchmarks.measuring import Result

LABEL_WIDTH: Final = 640
BAR_WIDTH: Final = 360
ROW_HEIGHT: Final = 34
RATIO_MAX: Final = 1.5
COLOURS: Final = ("#3f7fd0", "#c03a2b", "#2e8b57", "#8e5bb5", "#b8860b", "#20808d", "#7a7a7a")


def ratios(results: Sequence[Result]) -> str:
    """A bar for each ratio, with a line from the lowest to the highest reading and a mark at its goal."""
    rows = []
    for row, result in enumerate(results):
        top = ROW_HEIGHT * row + 8
        low, high = min(result.judged.readings), max(result.judged.readings)
        goal, bar, left, right = (LABEL_WIDTH + _width(one) for one in (result.goal.bound, result.value, low, high))
        rows.append(
            f'<text x="{LABEL_WIDTH - 10}" y="{top + 15}" text-anchor="end">{html.escape(result.name)}</text>'
            f'<rect x="{LABEL_WIDTH}" y="{top}" width="{bar - LABEL_WIDTH:.0f}" height="20" rx="3" fill="#3f7fd0"/>'
            f'<path d="M{left:.0f} {top + 10}H{right:.0f}M{left:.0f} {top + 6}v8M{right:.0f} {top + 6}v8" '
            'stroke="#1d3d66" stroke-width="1.5"/>'
            f'<path d="M{goal:.0f} {top - 3}v26" stroke="#c03a2b" stroke-width="2"/>'
            f'<text x="{LABEL_WIDTH + BAR_WIDTH + 10}" y="{top + 15}">{result.value:.2f} ({result.goal})</text>'
        )
    size = (LABEL_WIDTH + BAR_WIDTH + 130, ROW_HEIGHT * len(results) + 10)
    return _svg("Bellwire beside its limits, with the spread; the red marks are the goals", size, rows)


def latency_lines(latencies: Mapping[str, Percentiles]) -> str:
    """A line for each: milliseconds, in powers of ten, at each percentile."""
    highest = max((max(one) for one in latencies.values()), default=1.0)
    decades = range(-1, max(1, math.ceil(math.log10(max(highest, 0.1)))) + 1)
    left, step, height = 60, 80, 300

    def level(ms: float) -> float:
        return 20 + height * (decades[-1] - math.log10(max(ms, 0.1))) / (decades[-1] - decades[0])

    drawn = []
    for decade in decades:
        line = level(10.0**decade)
        drawn.append(f'<path d="M{left} {line:.0f}h{step * (len(PARTS) - 1)}" stroke="#ccc"/>')
        drawn.append(f'<text x="{left - 8}" y="{line + 4:.0f}" text-anchor="end">{10.0**decade:g} ms</text>')
    for place, part in enumerate(PARTS):
        named = "max" if part == 1 else f"p{part * 100:g}"
        drawn.append(f'<text x="{left + step * place}" y="{height + 40}" text-anchor="middle">{named}</text>')
    for place, (label, percentiles) in enumerate(latencies.items()):
        colour = COLOURS[place % len(COLOURS)]
        points = " ".join(f"{left + step * at},{level(ms):.1f}" for at, ms in enumerate(percentiles))
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        beside = f'x="{left + step * len(PARTS)}" y="{30 + 20 * place}"'
        drawn.append(f'<text {beside} fill="{colour}">{html.escape(label)}</text>')
    return _svg("Latencies by percentile", (left + step * len(PARTS) + 320, height + 60), drawn)


def _width(ratio: float) -> float:
    return max(0.0, min(ratio, RATIO_MAX)) * BAR_WIDTH / RATIO_MAX


def _svg(title: str, size: tuple[int, int], drawn: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" font-family="sans-serif" '
        f'font-size="13" role="img"><title>{html.escape(title)}</title>{"".join(drawn)}</svg>\n'
    )
