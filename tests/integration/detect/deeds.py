"""What attacks share: their truth, a place for them, actions by themselves."""
from world import S

MARGIN = 30 * S      # what an attack sets off may still show so long before its first and after its last event


def late(f):
    """Marks what by design comes later than a stream processor waits for."""
    f.late = True
    return f


def truth(cls, loop, events, producer=None, target=None, related=(), also=(), side=(), until=None, either=()):
    """events: each proves it. also: other classes that the same deed may rightly raise; side: further events that those may cite.
    An absence has no event of its own: there `events` is what it shows by. until: the deed lasts so long."""
    times = [s.value["event_time"] for s in [*events, *side]]
    for s in events:
        s.proof = True
    return {"class": cls, "loop": loop.id, "events": [s.value["id"] for s in events], "side": [s.value["id"] for s in side],
            "producer": producer, "target": target, "related": sorted(x.id for x in related), "also": sorted(also),
            "either": sorted({x.id for x in either}), "from": min(times) - MARGIN, "until": max([*times, until or 0]) + MARGIN}


def pick(w, role=None, numbered=None, before=90, after=120):
    """A random loop, a component of it, a moment when it speaks; None when it is not of that sort."""
    loop = w.random.choice(w.loops)
    p = loop.producers[role or w.random.choice(["probe", "analyser", "executor"])]
    if numbered is not None and p.numbered != numbered:
        return None
    t = w.moment(before, after)
    return (loop, p, t) if not p.quiet(t) else pick(w, role, numbered, before, after)


def cell(target):
    return {"type": "nr-cell", "id": target}


def told(w, p, t, **more):
    """One event of telemetry as the component itself would tell it."""
    return w.event(p, t, "TELEMETRY", metrics={"load": p.loop.level(t) + w.random.gauss(0, 1)},
                   subject=cell(p.loop.targets[0]), **more)


def action(w, loop, t, target, attribute, value, causes=(), planner=None, doer=None, results=1):
    """A plan and its results, two seconds later."""
    plan = w.event(planner or loop.producers["decider"], t, "ACTION_PLAN", subject=cell(target), causes=list(causes),
                   attributes={f"set.{attribute}": value})
    done = [w.event(doer or loop.producers["executor"], t + 2 * S + i * 150_000, "ACTION_RESULT", subject=cell(target),
                    causes=[plan.value["id"]], attributes={f"set.{attribute}": value}) for i in range(results)]
    w.writes += [(x, loop, target, attribute, value) for x in (t, t + 2 * S)]
    return [plan] + done


def calm(loops, a, b):
    """Nobody in there keeps silent meanwhile."""
    return not any(x < b and a < y for loop in loops for p in loop.components() for x, y in p.silent)


def untouched(w, t, target, attribute):
    """Nobody writes it anywhere near."""
    return all(w.write_ok(t + by * S, None, target, attribute, "never") for by in range(-150, 160, 30))


def place(w, loop, t):
    """A target and attribute the loop may write and nobody does; None: there is none."""
    free = [(x, a) for x in loop.targets[:-1] for a in loop.free_attributes(x) if untouched(w, t, x, a)]
    return w.random.choice(free) if free else None
