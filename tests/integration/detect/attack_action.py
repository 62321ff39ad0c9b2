"""Attacks that act: forged commands (L8), scope and priority (L9), oscillation (L10), conflicts (L11), cascades (L14)."""
from deeds import S, action, calm, cell, pick, place, truth, untouched


def l8_orphan(w):
    """A result that follows from no plan, or from one nobody has seen."""
    loop, p, t = pick(w, "executor")
    causes = w.random.choice([[], [f"none-{w.random.randrange(1 << 30)}"]])
    target, attribute = place(w, loop, t) or (None, None)
    if not target:
        return None
    s = w.event(p, t, "ACTION_RESULT", causes=causes, subject=cell(target), attributes={f"set.{attribute}": "77"})
    w.writes.append((t, loop, target, attribute, "77"))
    return truth("L8", loop, [s], target=target)


def l8_borrowed(w):
    """A result that cites what is no plan, or a plan of another loop."""
    a, b = w.random.sample(w.loops, 2)
    t = w.moment(90, 120)
    free = place(w, b, t + 20 * S)
    theirs = free and calm([a, b], t - 5 * S, t + 40 * S) and w.episode(a, t)
    if not theirs:
        return None
    cited = w.random.choice([theirs[1], theirs[0]])
    s = w.event(b.producers["executor"], t + 20 * S, "ACTION_RESULT", causes=[cited.value["id"]], subject=cell(free[0]),
                attributes={f"set.{free[1]}": "77"})
    w.writes.append((t + 20 * S, b, *free, "77"))
    return truth("L8", b, [s], target=free[0])


def l8_target(w):
    """An action on something the loop never declared."""
    loop, p, t = pick(w, "decider")
    target = f"core-{w.random.randint(1, 999)}"
    got = w.episode(loop, t, target)
    return got and truth("L8", loop, got[1:3], target=target)


def l8_stage(w):
    """A component decides or acts that is there for something else."""
    loop, p, t = pick(w, "probe")
    free = place(w, loop, t)
    if p.role == "box" or not free or not calm([loop], t, t + 10 * S):
        return None
    who = loop.producers[w.random.choice(["probe", "analyser", "governor"])]
    if w.random.random() < 0.5:
        events = action(w, loop, t, *free, "78", planner=who)[:1]
    else:
        events = action(w, loop, t, *free, "78", doer=who)[1:]
    if w.random.random() < 0.5:     # it may even say that it is
        for s in events:
            s.value["stage"] = "DECISION" if s.value["kind"] == "ACTION_PLAN" else "EXECUTION"
    return truth("L8", loop, events, target=free[0])


def l9_attribute(w):
    """A write outside what the loop may set."""
    loop, p, t = pick(w, "decider")
    if loop.writable == ["*"]:
        return None
    target = w.random.choice(loop.targets)
    got = w.episode(loop, t, target, "software_version")
    return got and truth("L9", loop, got[1:3], target=target)


def l9_disallowed(w):
    """A write that the loop may do, but not to this target."""
    loop, p, t = pick(w, "decider")
    target, attribute = loop.banned
    got = w.episode(loop, t, target, attribute, banned=True)
    return got and truth("L9", loop, got[1:3], target=target)


def l9_priority(w):
    """A component acts with a priority above what its loop was given."""
    loop, p, t = pick(w, "decider")
    got = w.episode(loop, t)
    if not got:
        return None
    got[1].value["attributes"]["priority"] = w.above(loop)
    return truth("L9", loop, got[1:2], producer=p.name)


def l9_coordination(w):
    """Somebody other than the governance gives a loop its priority."""
    loop, p, t = pick(w, w.random.choice(["decider", "analyser", "executor"]))
    if p.role == "box":
        return None
    whom = w.random.choice([loop, w.random.choice(w.loops)])
    s = w.event(p, t, "COORDINATION", attributes={"act": "priority", "loop": whom.id, "priority": w.above(whom)})
    return truth("L9", loop, [s], producer=p.name, target=whom.id, either=[loop, whom])


def l10_flap(w):
    """One attribute goes to and fro."""
    loop, p, t = pick(w, "decider", after=250, before=100)
    free, period = place(w, loop, t + 60 * S), w.random.randint(6, 14) * S
    if not free or not untouched(w, t - 60 * S, *free) or not calm([loop], t, t + 150 * S):
        return None
    a, b = w.random.choice([("20", "21"), ("on", "off"), ("0.5", "-3")])
    events = []
    for i in range(10):
        events += action(w, loop, t + i * period, *free, b if i % 2 else a)
    return truth("L10", loop, events, target=f"{free[0]}/{free[1]}")


def l11_conflict(w):
    """Two loops pull one attribute of one target apart within seconds."""
    a, b = w.random.sample(w.loops, 2)
    common = sorted(set(a.free_attributes()) & set(b.free_attributes()))
    t, gap = w.moment(90, 120), w.random.randint(2, 7) * S
    attribute = common and w.random.choice(common)
    if not common or not untouched(w, t, w.shared[0], attribute) or not calm([a, b], t, t + 20 * S):
        return None
    first = action(w, a, t, w.shared[0], attribute, "101")
    second = action(w, b, t + gap, w.shared[0], attribute, w.random.choice(["102", "101.5", "low"]))
    return truth("L11", b, first + second, target=f"{w.shared[0]}/{attribute}", related=[a], either=[a, b])


def l14_storm(w):
    """One event sets off a storm of actions in its own and other loops."""
    loop, p, t = pick(w, "analyser")
    loops = w.random.choice([w.loops, [loop]])
    if not calm(loops, t, t + 40 * S):
        return None
    root = w.event(p, t, "TRIGGER", subject=cell(loop.targets[0]), correlation_id=f"storm-{w.n}")
    w.event(p, t + 30 * S, "CLEAR", subject=cell(loop.targets[0]), correlation_id=root.value["correlation_id"], causes=[root.value["id"]])
    events, apart = [], w.random.choice([200_000, S])
    for i in range(w.random.randint(18, 40)):
        other = loops[i % len(loops)]
        target = other.targets[i // len(loops) % (len(other.targets) - 1)]
        free = other.free_attributes(target)
        events += action(w, other, t + S + i * apart, target, w.random.choice(free), "55", [root.value["id"]])
    # a storm writes much in a short time: it may rightly be seen to fight as well
    return truth("L14", loop, [root] + events, also=["L10", "L11"], either=loops)


def l14_repeat(w):
    """One plan is carried out again and again."""
    loop, p, t = pick(w, "executor")
    free = place(w, loop, t)
    if not free or not calm([loop], t, t + 20 * S):
        return None
    events = action(w, loop, t, *free, "56", results=w.random.randint(18, 40))
    return truth("L14", loop, events)


def l14_circle(w):
    """Events of one or several loops that name each other as cause, round in a circle."""
    r = w.random
    n, many, t = r.randint(1, 5), r.choice([1, 2, 3, 5]), w.moment(90, 160)
    loops, events, step = r.sample(w.loops, min(many, len(w.loops))), [], r.randint(1, 3) * S
    if not calm(loops, t, t + 40 * S):
        return None
    plans = r.random() < 0.6
    for i in range(n):
        loop, at = loops[i % len(loops)], t + i * step
        if not plans:
            kind = r.choice(["ALARM", "RECOMMENDATION", "INTENT_REPORT"])
            events.append(w.event(loop.producers["analyser"], at, kind, subject=cell(loop.targets[0])))
            continue
        free = place(w, loop, at)
        if not free:
            break
        events.append(action(w, loop, at, *free, "66")[0])
    if not events:
        return None
    for i, s in enumerate(events):
        s.value["causes"] = [events[i - 1].value["id"]]
    return truth("L14", loops[0], events, either=loops)


def l14_echo(w):
    """Two loops that are no parent and child answer each other's actions: each plan follows from the other's."""
    a, b = w.random.sample(w.loops, 2)
    t, rounds = w.moment(90, 160), w.random.randint(1, 3)
    if a.parent is b or b.parent is a or not calm([a, b], t, t + 120 * S):
        return None
    places = [(x, place(w, x, t + 20 * S)) for x in (a, b)]
    if not all(free for _, free in places):
        return None
    events, cause = [], []
    if w.random.random() < 0.5:
        cause = [w.event(a.producers["analyser"], t - S, "ALARM", subject=cell(a.targets[0])).value["id"]]
    for i in range(2 * rounds + 1):
        loop, free = places[i % 2]
        at = t + i * 6 * S
        plan, done = action(w, loop, at, *free, "67", cause)
        cause = [w.random.choice([plan, done]).value["id"]]
        if w.random.random() < 0.5:   # by way of what the other one sees
            seen = w.event(places[(i + 1) % 2][0].producers["analyser"], at + 3 * S, "ALARM", subject=cell(free[0]), causes=cause)
            cause = [seen.value["id"]]
        events.append(plan)
    return truth("L14", a, events[2:], related=[b], either=[a, b], side=events[:2])


STAGED = [l8_orphan, l8_borrowed, l8_target, l8_stage, l9_attribute, l9_disallowed, l9_priority, l9_coordination, l10_flap,
          l11_conflict, l14_storm, l14_repeat, l14_circle, l14_echo]
