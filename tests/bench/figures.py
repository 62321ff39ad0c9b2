"""From rows of runs to medians, spreads, ratios, and Markdown."""
import statistics

TARGETS = []                 # (text, value, bound, kept?) in the order they were looked at


def medians(rows, keys, value):
    """By the row's keys: the median of a value."""
    groups = {}
    for r in rows:
        if value in r:
            groups.setdefault(tuple(r[k] for k in keys), []).append(r[value])
    return {k: statistics.median(v) for k, v in groups.items()}


def number(x):
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}"


def cell(values):
    """Median and half of the distance from least to greatest, in % of the median."""
    m = statistics.median(values)
    spread = f" ±{50 * (max(values) - min(values)) / m:.0f}%" if len(values) > 1 and m else ""
    return number(m) + spread


def markdown(rows, keys, columns):
    """A line for each combination of keys; columns: (name in the row, title)."""
    groups = {}
    for r in rows:
        groups.setdefault(tuple(str(r[k]) for k in keys), []).append(r)
    lines = ["| " + " | ".join([*keys, *(title for _, title in columns), "runs"]) + " |", "|---" * (len(keys) + len(columns) + 1) + "|"]
    for key, of in groups.items():
        cells = []
        for name, _ in columns:
            values = [r[name] for r in of if name in r]
            cells.append(cell(values) if values else "–")
        lines.append("| " + " | ".join([*key, *cells, str(len(of))]) + " |")
    return "\n".join(lines)


def at_least(text, value, bound):
    TARGETS.append((text, value, f"≥ {number(bound)}", value >= bound))


def at_most(text, value, bound):
    TARGETS.append((text, value, f"≤ {number(bound)}", value <= bound))


def targets():
    lines = ["| target | bound | measured | |", "|---|---|---|---|"]
    lines += [f"| {text} | {bound} | {number(value)} | {'kept' if kept else '**missed**'} |" for text, value, bound, kept in TARGETS]
    return "\n".join(lines)
