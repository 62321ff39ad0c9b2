"""Attacks by telemetry (L5): a legitimate source tells what is not so."""
from deeds import S, cell, pick, truth


def lies(w, before, after, least):
    """A metric, and what will be told about it from a random moment on; None: not the place."""
    loop, p, t = pick(w, "probe", before=before, after=after)
    metric = w.random.choice(["load", "latency_ms"])
    events = [s for s in w.events_of(p, t, t + after * S, {"TELEMETRY"}) if not s.proof and metric in s.value.get("metrics", {})]
    if len(events) < least or not w.claim(p, t - 5 * S, t + (after + 5) * S):
        return None
    return loop, p, metric, events


def away(w, loop, metric, by):
    """To the side where there is room."""
    level = loop.metrics[metric]
    return -by if metric == "load" and level + by > 90 or level - by > 1 and w.random.random() < 0.5 else by


def l5_range(w):
    """An impossible value, of a metric told all the time or now and then."""
    loop, p, t = pick(w, "probe", before=10)
    metric = w.random.choice(["load", "battery", "battery"])
    value = w.random.choice([140.0, -20.0, 1e9, 100.5, -0.5])
    lie = w.event(p, t, "TELEMETRY", metrics={metric: value}, subject=cell(loop.targets[0]))
    return truth("L5", loop, [lie], producer=p.name, target=metric)


def l5_jump(w):
    """A lie now and then: one to three values far off, then the truth again."""
    got = lies(w, 400, 40, 3)
    if not got:
        return None
    loop, p, metric, events = got
    by, told = away(w, loop, metric, w.random.uniform(20, 35)), events[:w.random.randint(1, 3)]
    for s in told:
        s.value["metrics"][metric] = max(0.0, min(99.9, s.value["metrics"][metric] + by))
    return truth("L5", loop, told, producer=p.name, target=metric, side=events[:len(told) + 2])


def l5_frozen(w):
    """A source repeats its last true value."""
    got = lies(w, 400, w.random.randint(90, 200), 15)
    if not got:
        return None
    loop, p, metric, events = got
    for s in events[1:]:
        s.value["metrics"][metric] = events[0].value["metrics"][metric]
    return truth("L5", loop, events, producer=p.name, target=metric)


def l5_shift(w):
    """A source drifts away, each step too small to be seen, and stays there."""
    got = lies(w, 500, 400, 70)
    if not got:
        return None
    loop, p, metric, events = got
    by, ramp = away(w, loop, metric, w.random.uniform(12, 20)), w.random.randint(10, 40)
    for i, s in enumerate(events):
        s.value["metrics"][metric] = max(0.0, min(99.9, s.value["metrics"][metric] + by * min(1, i / ramp)))
    return truth("L5", loop, events, producer=p.name, target=metric, until=events[-1].at + 60 * S)


STAGED = [l5_range, l5_jump, l5_frozen, l5_shift]
