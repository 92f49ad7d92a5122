"""A bar chart as an SVG file, without dependencies."""
import html


def bars(title, values):
    """`values`: {(group, name): number}. A block of bars for each group."""
    left, width, row, y, parts = 230, 420, 20, 34, []
    most = max(values.values())
    for group in sorted({group for group, _ in values}):
        parts.append(f'<text x="8" y="{y + 14}" font-weight="bold">{group} connections</text>')
        y += row + 4
        for (at, name), number in values.items():
            if at != group:
                continue
            length = max(1, round(width * number / most))
            parts.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{html.escape(name)}</text>'
                         f'<rect x="{left}" y="{y + 2}" width="{length}" height="{row - 5}" fill="#4878a8"/>'
                         f'<text x="{left + length + 6}" y="{y + 13}">{number:.2f}</text>')
            y += row
        y += 10
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 60}" height="{y}" '
            f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
            f'<text x="8" y="20" font-size="15">{html.escape(title)}</text>{"".join(parts)}</svg>\n')
