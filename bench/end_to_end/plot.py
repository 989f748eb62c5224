# SPDX-License-Identifier: Apache-2.0
"""Bars of every proxy's ratio to the baseline, one group per workload, as an SVG file."""

from xml.sax.saxutils import escape

COLOURS = ("#9aa0a6", "#c4c8cc", "#5f6368", "#e8a33d", "#1a9850", "#0b5d9e", "#a6761d", "#7b3294")
BAR, GAP, LEFT, WIDTH, TOP = 14, 18, 300, 520, 60


def write_svg(path, title, groups, names):
    """groups: [(label, {name: (ratio, text)}, goal ratio or None)]."""
    colours = dict(zip(names, COLOURS * 2))
    most = max([ratio for _, bars, _ in groups for ratio, _ in bars.values()] + [1.0])
    scale = WIDTH / most
    parts, y = [], TOP + 20 * ((len(names) + 3) // 4)
    first = y
    for label, bars, goal in groups:
        height = BAR * len(bars)
        parts.append(text(LEFT - 8, y + height / 2 + 4, label, anchor="end"))
        for name, (ratio, caption) in bars.items():
            parts.append(f'<rect x="{LEFT}" y="{y + 1}" width="{ratio * scale:.1f}" '
                         f'height="{BAR - 2}" fill="{colours[name]}"/>')
            parts.append(text(LEFT + ratio * scale + 4, y + BAR - 3, caption, size=10))
            y += BAR
        if goal is not None and goal <= most:
            parts.append(line(LEFT + goal * scale, y - height - 3, y + 3, "#d62728"))
        y += GAP
    parts.append(line(LEFT + scale, first - 4, y - GAP + 4, "#000000"))
    with open(path, "w", encoding="utf-8") as file:
        file.write(document(y + 10, [text(16, 24, title, size=16), *legend(colours), *parts]))


def legend(colours):
    parts = []
    for index, (name, colour) in enumerate(colours.items()):
        x, y = 16 + index % 4 * 220, 42 + index // 4 * 20
        parts.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}"/>')
        parts.append(text(x + 18, y + 11, name))
    return parts


def document(height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 120}" '
            f'height="{height:.0f}" font-family="sans-serif">\n'
            '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def text(x, y, content, anchor="start", size=12):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">'
            f'{escape(content)}</text>')


def line(x, top, bottom, colour):
    return (f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" stroke="{colour}" '
            'stroke-width="1.5" stroke-dasharray="4 2"/>')
