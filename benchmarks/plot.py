# SPDX-License-Identifier: BSL-1.0
"""Figures of compare.sh as SVG: wall time over files or bytes, both logarithmic."""
import math
import os

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 440, 64, 56, 170, 52
# Okabe and Ito's colours, which people with any colour vision tell apart; lines also differ in their marks.
STYLES = {"imgcompose": ("#0072b2", "circle"), "limit(1)": ("#767676", "none"), "tar cf": ("#009e73", "square"),
          "cp -a": ("#cc79a7", "diamond"), "mke2fs -d": ("#d55e00", "triangle")}


def mark(shape, x, y, colour):
    r = 4.5
    points = {"square": [(-r, -r), (r, -r), (r, r), (-r, r)], "diamond": [(0, -r - 1), (r + 1, 0), (0, r + 1), (-r - 1, 0)],
              "triangle": [(0, -r - 1), (r + 1, r), (-r - 1, r)]}
    if shape == "circle":
        return f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{r}' fill='{colour}'/>"
    if shape == "none":
        return ""
    return "<polygon points='{}' fill='{}'/>".format(" ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in points[shape]), colour)


def spread(wanted, least):
    """Heights of labels, no two closer than `least`, each near where it is wanted."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = list(wanted)
    for before, i in zip(order, order[1:]):
        placed[i] = max(placed[i], placed[before] + least)
    return placed


def picture(title, below, series, name_of_x):
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    x0, x1 = math.log10(min(xs)), math.log10(max(xs))
    y0, y1 = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def at(x, y):
        return (LEFT + (math.log10(x) - x0) / (x1 - x0) * (right - LEFT), bottom - (math.log10(y) - y0) / (y1 - y0) * (bottom - TOP))

    out = [f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' height='{HEIGHT}' role='img'>",
           f"<title>{title}</title>",
           "<style>text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;font-size:13px;fill:#1f2328}"
           ".title{font-size:18px;font-weight:600}.axis{fill:#59636e}.grid{stroke:#d1d9e0}.back{fill:#fff}"
           "@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.axis{fill:#9198a1}.grid{stroke:#3d444d}.back{fill:#0d1117}}</style>",
           f"<rect class='back' width='{WIDTH}' height='{HEIGHT}' rx='6'/>", f"<text class='title' x='20' y='32'>{title}</text>"]
    for power in range(y0, y1 + 1):
        _, y = at(min(xs), 10.0 ** power)
        label = f"{10 ** power} s" if power >= 0 else f"{10.0 ** power:g} s"
        out.append(f"<line class='grid' x1='{LEFT}' x2='{right}' y1='{y:.1f}' y2='{y:.1f}'/>"
                   f"<text class='axis' x='{LEFT - 8}' y='{y + 4:.1f}' text-anchor='end'>{label}</text>")
    for x in sorted(set(xs)):
        px, _ = at(x, 10.0 ** y0)
        out.append(f"<line class='grid' x1='{px:.1f}' x2='{px:.1f}' y1='{TOP}' y2='{bottom}'/>"
                   f"<text class='axis' x='{px:.1f}' y='{bottom + 20}' text-anchor='middle'>{name_of_x(x)}</text>")
    out.append(f"<text class='axis' x='{(LEFT + right) / 2}' y='{HEIGHT - 10}' text-anchor='middle'>{below}</text>")
    labels = spread([at(*points[-1])[1] for points in series.values()], 17)
    for (name, points), label in zip(series.items(), labels):
        colour, shape = STYLES[name]
        where = [at(*p) for p in points]
        dash = " stroke-dasharray='5 4'" if shape == "none" else ""
        out.append("<polyline points='{}' fill='none' stroke='{}' stroke-width='{}'{}/>".format(
            " ".join(f"{x:.1f},{y:.1f}" for x, y in where), colour, 3 if name == "imgcompose" else 2, dash))
        out += [mark(shape, x, y, colour) for x, y in where]
        x, y = where[-1]
        weight = " font-weight='600'" if name == "imgcompose" else ""
        out.append(f"<line x1='{x + 7:.1f}' y1='{y:.1f}' x2='{right + 14}' y2='{label:.1f}' stroke='{colour}' stroke-opacity='.5'/>"
                   f"<text x='{right + 18}' y='{label + 4:.1f}'{weight}>{name}, {points[-1][1]:.2g} s</text>")
    return "\n".join(out + ["</svg>", ""])


def draw(known, folder):
    drawn = {"by_files": ("Making an ext4 image of small files", "files of 100 bytes, a hundred in a directory",
                          lambda n: f"{n // 1000:,}k" if n < 1_000_000 else f"{n / 1e6:g}M", "time-by-files.svg"),
             "by_bytes": ("Making an ext4 image of large files", "in eight files, a quarter of it holes",
                          lambda n: f"{n} MiB" if n < 1024 else f"{n // 1024} GiB", "time-by-bytes.svg")}
    for key, (title, below, name_of_x, file_name) in drawn.items():
        if key not in known:
            raise SystemExit(f"no figures for {file_name}: run compare.sh scale and compare.sh bytes first")
        with open(os.path.join(folder, file_name), "w", encoding="utf-8") as file:
            file.write(picture(title, below, known[key], name_of_x))
