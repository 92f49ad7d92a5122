"""The chart of a run: a panel of bars for each table, as an SVG file, without dependencies."""
import html
import math

from .servers import CPP, FLOOR, PEER, PLAIN, PYTHON

COLOURS = {CPP: "#2f6db3", PYTHON: "#3b9b62", PEER: "#c0702c", FLOOR: "#8a8a8a", PLAIN: "#b9a13a"}
LEGEND = {FLOOR: "epoll in C", PEER: "nginx, or bare C++", CPP: "superd, C++", PYTHON: "superd, Python",
          PLAIN: "Python by hand"}
WIDTH, LABEL, NUMBER, ROW, MARGIN, HEAD, GAP = 690, 290, 84, 19, 16, 44, 26


class Panel:
    """Bars of one figure. `bars`: (label, family, value). On a logarithmic scale they begin at the power of ten below the
    least; on a linear one the longest is cut off when it is out of all proportion."""

    def __init__(self, title, unit, bars, form="{:.2f}", logarithmic=False):
        self.title, self.unit, self.form, self.logarithmic = title, unit, form, logarithmic
        self.bars = [bar for bar in bars if bar[2] is not None]
        self.height = HEAD + ROW * len(self.bars)
        *_, second, self.most = sorted([0, 0, *(bar[2] for bar in self.bars)])
        self.cut = not logarithmic and self.most > 6 * second > 0
        if self.cut:
            self.most = 2 * second

    def share(self, value):
        """Of the bar's width, for a value."""
        most = self.most
        if not self.logarithmic:
            return min(1, value / most) if most else 0
        least = 10 ** math.floor(math.log10(min(bar[2] for bar in self.bars)) - 0.1)
        return math.log(value / least) / math.log(most / least)

    def draw(self, x, y):
        unit = self.unit + (", logarithmic" if self.logarithmic else "") + ("; the longest bar is cut" if self.cut else "")
        parts = [text(x, y + 14, self.title, bold=True), text(x, y + 31, unit, grey=True)]
        room = WIDTH - LABEL - NUMBER
        for index, (label, family, value) in enumerate(self.bars):
            top, length = y + HEAD + ROW * index, max(1, round(room * self.share(value)))
            parts += [text(x + LABEL - 8, top + 12, label, right=True),
                      f'<rect x="{x + LABEL}" y="{top + 1}" width="{length}" height="{ROW - 5}" fill="{COLOURS[family]}"/>',
                      text(x + LABEL + length + 6, top + 12, ("… " if value > self.most else "") + self.form.format(value))]
        return parts


def text(x, y, words, bold=False, right=False, grey=False):
    style = "".join((' font-weight="bold" font-size="14"' if bold else "", ' text-anchor="end"' if right else "",
                     ' fill="#666"' if grey else ""))
    return f'<text x="{x}" y="{y}"{style}>{html.escape(words)}</text>'


SHORT = {"superd, ": "", "Python by hand: ": "plain Python: "}


def short(who):
    """A row's name without the half of it that its colour tells."""
    for long, name in SHORT.items():
        who = who.replace(long, name)
    return who


def bars(table, key, **wanted):
    rows = [row for row in table.rows if all(row.get(name) == value for name, value in wanted.items())]
    return [(short(row["who"]), row["family"], row.get(key)) for row in rows]


def panels(tables):
    """Those whose tables were measured."""
    made = []

    def add(key, title, unit, figure, wanted=None, **options):
        if key in tables:
            panel = Panel(title, unit, bars(tables[key], figure, **(wanted or {})), **options)
            if panel.bars:
                made.append(panel)
    for connections in (64, 512):
        add("http", f"HTTP, {connections} kept connections", "CPU seconds for 100,000 requests: less is better", "cpu",
            {"connections": connections})
    for connections in (64, 512):
        add("http", f"HTTP, {connections} kept connections", "requests a second: more is better", "rate",
            {"connections": connections}, form="{:,.0f}")
    add("wait", "2,000 connections, each request waits 50 ms", "CPU seconds for 100,000 requests: less is better", "cpu")
    add("memory", "1,000 idle connections", "PSS, MB: less is better", "mb")
    add("crash", "A worker crashes amidst short connections", "failed connections: less is better", "failed",
        form="{:,.0f}")
    if "scaling" in tables:
        most = max((row.get("count", 1) for row in tables["scaling"].rows), default=1)
        add("scaling", "Work for the processor", f"speed-up by {most} processes or threads: more is better", "speedup",
            {"count": most})
    add("start", "From the request to a worker that runs", "ms: less is better", "median", form="{:.1f}")
    add("replacement", "From a worker's death to the next one's answer", "ms: less is better", "median", form="{:.1f}")
    add("creation", "To make one, which ends at once", "µs: less is better", "us", form="{:,.1f}", logarithmic=True)
    add("switching", "To switch to another", "µs: less is better", "us", logarithmic=True)
    return made


def legend(x, y):
    parts = []
    for family, name in LEGEND.items():
        parts += [f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{COLOURS[family]}"/>', text(x + 18, y, name)]
        x += 40 + 7 * len(name)
    return parts


def draw(about, tables):
    """The whole chart: panels in rows of two."""
    parts = [f'<text x="{MARGIN}" y="28" font-size="18" font-weight="bold">superd: the models of hosted services</text>',
             text(MARGIN, 48, about, grey=True), *legend(MARGIN, 74)]
    made, below = panels(tables), 96
    for left in range(0, len(made), 2):
        row = made[left:left + 2]
        for column, panel in enumerate(row):
            parts += panel.draw(MARGIN + column * (WIDTH + MARGIN), below)
        below += max(panel.height for panel in row) + GAP
    width, height = 2 * WIDTH + 3 * MARGIN, below
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>\n'
            + "\n".join(parts) + "\n</svg>\n")
