#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Draws how a new room spreads: `simulate --spread FILE`, then `plot.py FILE SVG`."""

import csv
import math
import sys
from collections import defaultdict

COLOURS = ("#0b5d9e", "#1a9850", "#e8a33d", "#d62728", "#7b3294")
LEFT, TOP, WIDTH, HEIGHT = 60, 50, 560, 220
FIRST_MS, LAST_MS = 0.1, 10_000


def main(source, target):
    curves = defaultdict(list)
    with open(source, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            curves[int(row["replicas"])].append((float(row["ms"]), float(row["share"])))
    with open(target, "w", encoding="utf-8") as file:
        file.write(document(curves))


def document(curves):
    parts = [text(LEFT, 24, "Replicas that know a new room, by time since it was placed", size=15)]
    for exponent in range(-1, 5):
        ms = 10 ** exponent
        parts += [line(x(ms), TOP, x(ms), TOP + HEIGHT),
                  text(x(ms), TOP + HEIGHT + 18, f"{ms:g} ms", anchor="middle")]
    for percent in (0, 25, 50, 75, 100):
        height = y(percent / 100)
        parts += [line(LEFT, height, LEFT + WIDTH, height),
                  text(LEFT - 6, height + 4, f"{percent} %", anchor="end")]
    for number, (replicas, points) in enumerate(sorted(curves.items())):
        colour = COLOURS[number % len(COLOURS)]
        path = f"M{x(FIRST_MS):.1f},{y(points[0][1]):.1f}"
        path += "".join(f"H{x(ms):.1f}V{y(share):.1f}" for ms, share in points)
        parts.append(f'<path d="{path}H{LEFT + WIDTH}" fill="none" stroke="{colour}" '
                     'stroke-width="2"/>')
        parts.append(text(LEFT + WIDTH + 8, TOP + 20 + 18 * number, f"{replicas} replicas",
                          fill=colour))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 110}" '
            f'height="{TOP + HEIGHT + 34}" font-family="sans-serif">\n'
            '<rect width="100%" height="100%" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n")


def x(ms):
    ms = min(max(ms, FIRST_MS), LAST_MS)
    return LEFT + WIDTH * math.log(ms / FIRST_MS) / math.log(LAST_MS / FIRST_MS)


def y(share):
    return TOP + HEIGHT * (1 - share)


def line(x1, y1, x2, y2):
    return f'<path d="M{x1:.1f},{y1:.1f}L{x2:.1f},{y2:.1f}" stroke="#d0d4d8"/>'


def text(left, base, content, size=12, anchor="start", fill="#202124"):
    return (f'<text x="{left:.1f}" y="{base:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{fill}">{content}</text>')


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: plot.py SPREAD.csv OUT.svg")
    main(*sys.argv[1:])
