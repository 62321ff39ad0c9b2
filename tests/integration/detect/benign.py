"""What looks like an attack and is none. Each function stages one near-miss, or answers False when the place does not fit.

Those marked late come later than a stream processor waits for."""
from deeds import action, calm, cell, late, place, untouched
from world import S


def component(w, role=None, before=60, after=60):
    loop = w.random.choice(w.loops)
    p, t = loop.producers[role or w.random.choice(["probe", "analyser", "executor"])], w.moment(before, after)
    return loop, p, t


# ---- lives ----

def announced(w, loop, p, t):
    life = p.incarnation(t) + 1
    w.event(loop.producers["governor"], t - S, "STATE", attributes={"state": "restarted", "producer": p.name, "incarnation": str(life)})
    p.lives.append((t, life))


def restart_announced(w):
    """A component restarts; the governance says so; its numbers begin again."""
    loop, p, t = component(w)
    if not p.numbered or len(p.lives) > 1 or not w.claim(p, t - 30 * S, w.end):
        return False
    announced(w, loop, p, t)
    return True


def restart_crash(w):
    """A component crashes and comes back with a new incarnation; nobody announces it, the old one is never heard again."""
    loop, p, t = component(w)
    if not p.numbered or len(p.lives) > 1 or not w.claim(p, t - 30 * S, w.end):
        return False
    p.lives.append((t, p.incarnation(t) + w.random.choice([1, 1, 17])))
    return True


def restart_storm(w):
    """A component restarts again and again, each time announced."""
    loop, p, t = component(w, after=400)
    if not p.numbered or len(p.lives) > 1 or not w.claim(p, t - 30 * S, w.end):
        return False
    for _ in range(w.random.randint(3, 8)):
        announced(w, loop, p, t)
        t += w.random.randint(3, 45) * S
    return True


# ---- on the way ----

def late_batch(w):
    """Events of one component are held back for seconds and arrive together, in order."""
    loop, p, t = component(w, "probe")
    hold = w.random.randint(4, 9) * S
    if not w.claim(p, t - 5 * S, t + hold + 20 * S):
        return False
    return w.hold([p], t, t + hold)


@late
def link_down(w):
    """The link of a whole loop is down for minutes; it works on, and everything arrives when the link is back. Where silence is
    watched, the outage is planned."""
    loop, _, t = component(w, before=100, after=420)
    length = w.random.randint(60, 400) * S
    people = loop.components()
    said = [s for s in w.sent if s.producer in people]
    name = lambda s, kind: s.value.get("correlation_id") or (s.value["kind"] == kind and s.value["subject"]["id"])  # noqa: E731
    before = {x for s in said if s.at < t for x in (s.value["id"], name(s, "TRIGGER"))} - {False}
    owed = {x for s in said if s.at >= t and s.value["kind"] in ("CLEAR", "ACTION_RESULT")
            for x in (name(s, "CLEAR"), *s.value.get("causes", []))}
    if before & owed:      # what waits for an answer would wait too long
        return False
    if any(s.source or s.arrival - s.at > S or not s.free() for s in said if t - S <= s.at < t + length + S) or \
            not all([w.claim(p, t - 40 * S, t + length + 40 * S) for p in people]):
        return False
    watched = any(p.heartbeat for p in people)
    if watched and w.random.random() < 0.5:   # through another door: the governance reaches us
        w.event(loop.producers["governor"], t - 3 * S, "STATE",
                attributes={"state": "maintenance", "maintenance": f"{t - 2 * S}/{t + length + 5 * S}"}, arrival=t - 2 * S)
    elif watched:
        loop.maintenance.append({"from": t - 2 * S, "until": t + length + 5 * S, "producers": []})
    for p in people:
        p.silent.append((t, t + length))    # nobody else stages anything there
    w.held.append((people, t, t + length))  # with all that will have been said by then
    return True


def swapped(w):
    """Two neighbours change places on the way; the gap fills within moments."""
    loop, p, t = component(w, "probe")
    if not w.claim(p, t - 5 * S, t + 20 * S):
        return False
    pair = w.events_of(p, t, t + 12 * S)[:2]
    if len(pair) < 2 or pair[1].at - pair[0].at > 3 * S:
        return False
    pair[0].arrival = pair[1].arrival + w.random.randint(1, 900) * 1000
    return True


def resend(w):
    """The very same bytes once more within a second."""
    s = w.random.choice([s for s in w.sent if w.start + 30 * S < s.at < w.end - 60 * S])
    if not w.claim(s.producer, s.at - 2 * S, s.at + 2 * S):
        return False
    copied(w, s, s.arrival + w.random.randint(20, 700) * 1000)
    return True


def copied(w, s, arrival):
    again = s.copy(arrival)
    again.producer, again.at, again.source = s.producer, s.at, s
    w.sent.append(again)


def resend_batch(w):
    """A component does not hear that it was heard and sends its last seconds again."""
    loop, p, t = component(w)
    if not w.claim(p, t - 15 * S, t + 15 * S):
        return False
    batch = [s for s in w.events_of(p, t - 4 * S, t) if s.free()]
    if len(batch) < 2 or not w.hold([p], t - 4 * S, t):
        return False
    last = max(s.arrival for s in batch)
    for s in batch:
        copied(w, s, s.arrival + (last - batch[0].arrival) + w.random.randint(10, 400) * 1000)
    return True


def skewed(w):
    """The clock of a component is off by seconds, all the time."""
    loop, p, t = component(w, w.random.choice(["probe", "analyser", "decider", "executor"]))
    if p.skew or not w.claim(p, t, t + S):
        return False
    p.skew = w.random.choice([-1, 1]) * w.random.randint(2000, 4000) * 1000
    for s in w.sent:
        if s.producer is p:
            s.value["event_time"] += p.skew
    return True


def plain_source(w):
    """A source without sequence numbers has everything at once: changed places, a late batch, a resend."""
    loop, p, t = component(w, before=60, after=90)
    if p.numbered or not w.claim(p, t - 5 * S, t + 40 * S):
        return False
    few = [s for s in w.events_of(p, t, t + 10 * S) if s.free()]
    if len(few) < 3 or not w.hold([p], t + 12 * S, t + 18 * S):
        return False
    few[0].arrival = few[1].arrival + 200_000
    copied(w, few[2], few[2].arrival + 500_000)
    return True


# ---- planned ----

def stretch(w, p, a, b):
    """It says nothing but beats and telemetry there."""
    return all(s.value["kind"] in ("TELEMETRY", "HEARTBEAT") and s.free() for s in w.events_of(p, a, b))


def maintenance(w):
    """Planned silence: the window stands in the registry."""
    loop, p, t = component(w, before=90, after=180)
    length = w.random.randint(40, 120) * S
    if p.role == "box" or not stretch(w, p, t, t + length) or not w.claim(p, t - 60 * S, t + length + 60 * S):
        return False
    loop.maintenance.append({"from": t - 5 * S, "until": t + length + 5 * S, "producers": [p.name] if w.random.random() < 0.7 else []})
    w.drop(w.events_of(p, t, t + length))
    p.silent.append((t, t + length))
    return True


def maintenance_told(w):
    """Planned silence: the governance says when it begins and ends, or until when."""
    loop, p, t = component(w, before=90, after=180)
    length = w.random.randint(40, 120) * S
    if p.role == "box" or not stretch(w, p, t, t + length) or not w.claim(p, t - 60 * S, t + length + 60 * S):
        return False
    whom, form, governor = {"producer": p.name}, w.random.randint(0, 3), loop.producers["governor"]
    tell = lambda at, **attributes: w.event(governor, at, "STATE", attributes=dict(whom, **attributes))  # noqa: E731
    if form == 0:
        tell(t - 5 * S, maintenance=f"{t - 5 * S}/{t + length + 5 * S}", state="maintenance")
    elif form == 1:
        tell(t - 5 * S, maintenance=str(t + length + 5 * S))
    elif form == 2:
        tell(t - 5 * S, maintenance="begin", state="maintenance")
        tell(t + length + S, maintenance="end", state="running")
    else:
        tell(t - 5 * S, state="stopped")
        tell(t + length + S, state="running")
    w.drop(w.events_of(p, t, t + length))
    p.silent.append((t, t + length))
    return True


def priority_ordered(w):
    """The governance gives a loop a higher priority, and it uses it."""
    loop, p, t = component(w, "decider", after=120)
    whom, level = loop.producers["governor"], w.random.randint(6, 8)
    if p.role == "box" or loop.id in w.ordered:
        return False
    got = w.episode(loop, t + 15 * S)
    if not got:
        return False
    w.event(whom, t, "COORDINATION", attributes={"act": "priority", "loop": loop.id, "priority": str(level)})
    got[1].value["attributes"]["priority"] = str(w.random.randint(1, level))
    w.ordered[loop.id] = level
    return True


def priority_own(w):
    """A plan names the priority the loop has, or less."""
    loop, p, t = component(w, "decider", after=120)
    got = w.episode(loop, t)
    if not got:
        return False
    got[1].value["attributes"]["priority"] = str(w.random.randint(1, 5))
    return True


# ---- actions ----

def two(w):
    a, b = w.random.sample(w.loops, 2)
    common = sorted(set(a.free_attributes()) & set(b.free_attributes()))
    return a, b, common and w.random.choice(common)


def equal_writes(w):
    """Two loops set the same attribute of the same target to the same value."""
    a, b, attribute = two(w)
    t, value = w.moment(60, 120), w.random.randint(50, 90)
    if not attribute or not untouched(w, t, w.shared[0], attribute) or not calm([a, b], t, t + 30 * S):
        return False
    action(w, a, t, w.shared[0], attribute, str(value))
    action(w, b, t + 3 * S, w.shared[0], attribute, w.random.choice([str(value), f"{value}.0"]))
    return True


def writes_apart(w):
    """Two loops set different values, far enough apart in time."""
    a, b, attribute = two(w)
    t = w.moment(60, 200)
    return bool(attribute) and bool(w.episode(a, t, w.shared[0], attribute, "11")) and \
        bool(w.episode(b, t + 55 * S, w.shared[0], attribute, "12"))


def slow_episode(w):
    """Everything takes long, but within what the registry allows."""
    return bool(w.episode(w.random.choice(w.loops), w.moment(60, 180), slow=3.5))


def bare_trigger(w):
    """A trigger and its clear that bear no correlation."""
    loop, p, t = component(w, "analyser", after=300)
    subject = {"type": "service", "id": f"service-{w.n}"}
    end = t + w.random.randint(30, 250) * S
    if p.quiet(t) or p.quiet(end):
        return False
    w.event(p, t, "TRIGGER", subject=subject)
    w.event(p, end, "CLEAR", subject=subject)
    return True


def second_thoughts(w):
    """A loop changes its mind a few times, or ramps up step by step."""
    loop, p, t = component(w, "decider", before=100, after=250)
    free = place(w, loop, t + 60 * S)
    if not free or not untouched(w, t - 60 * S, *free) or not calm([loop], t, t + 150 * S):
        return False
    values = w.random.choice([["1", "2", "1", "2"], [str(i) for i in range(1, 9)]])
    for i, value in enumerate(values):
        action(w, loop, t + i * 12 * S, *free, value)
    return True


def broad(w):
    """One event rightly sets a handful of actions in motion."""
    loop, p, t = component(w, "analyser", before=90)
    if not calm(w.loops, t, t + 30 * S):
        return False
    root = w.event(p, t, "ALARM", subject=cell(loop.targets[0]))
    for i in range(w.random.randint(3, 10)):
        other = w.random.choice(w.loops)
        free = place(w, other, t)
        if free:
            action(w, other, t + S + i * 300_000, *free, "58", [root.value["id"]])
    return True


def escalated(w):
    """A loop escalates to its parent, which decides and delegates: they answer each other, as they should."""
    families = [x for x in w.loops if x.parent]
    if not families:
        return False
    child, t = w.random.choice(families), w.moment(90, 160)
    places = [(x, place(w, x, t)) for x in (child, child.parent)]
    if not all(free for _, free in places) or not calm([child, child.parent], t, t + 60 * S):
        return False
    cause = []
    for i in range(3):
        loop, free = places[i % 2]
        cause = [action(w, loop, t + i * 6 * S, *free, "68", cause)[0].value["id"]]
    return True


# ---- telemetry ----

def lively(w):
    """A short burst of telemetry, below any flood."""
    loop, p, t = component(w, "probe")
    if not w.claim(p, t - 5 * S, t + 10 * S):
        return False
    for i in range(w.random.randint(10, 30)):
        w.event(p, t + i * 110_000, "TELEMETRY", subject=cell(loop.targets[0]),
                metrics={"load": loop.level(t) + w.random.gauss(0, 1)})
    return True


def values_of(w, after, metric, before=60):
    loop, p, t = component(w, "probe", before=before, after=after)
    few = [s for s in w.events_of(p, t, t + after * S, {"TELEMETRY"}) if metric in s.value.get("metrics", {}) and s.free()]
    return (loop, p, t, few) if len(few) > 5 and w.claim(p, t - 5 * S, t + after * S) else None


def at_rest(w):
    """A metric that may stay the same does so for minutes."""
    got = values_of(w, w.random.randint(60, 300), "users")
    if not got:
        return False
    for s in got[3]:
        s.value["metrics"]["users"] = got[3][0].value["metrics"]["users"]
    return True


def new_level(w):
    """A small honest change of level."""
    metric = w.random.choice(["load", "latency_ms"])
    got = values_of(w, 300, metric)
    if not got:
        return False
    by = w.random.choice([-1, 1]) * w.random.uniform(1, 2)
    for s in got[3]:
        s.value["metrics"][metric] = max(0.1, min(99.0, s.value["metrics"][metric] + by))
    return True


def new_level_announced(w):
    """Planned work at a source, after which its values are at another level."""
    loop, p, t = component(w, "probe", before=400, after=200)
    length = w.random.randint(10, 40) * S
    if p.role == "box" or not stretch(w, p, t, w.end) or not w.claim(p, t - 60 * S, w.end):
        return False
    if w.random.random() < 0.5:
        loop.maintenance.append({"from": t - 5 * S, "until": t + length + 5 * S, "producers": [p.name]})
    else:
        w.event(loop.producers["governor"], t - 5 * S, "STATE",
                attributes={"state": "maintenance", "producer": p.name, "maintenance": f"{t - 5 * S}/{t + length + 5 * S}"})
    w.drop(w.events_of(p, t, t + length))
    p.silent.append((t, t + length))
    by = 15 if loop.metrics["load"] < 45 else -15
    for s in w.events_of(p, t + length, w.end, {"TELEMETRY"}):
        if "load" in s.value["metrics"]:
            s.value["metrics"]["load"] = max(0.1, min(99.0, s.value["metrics"]["load"] + by))
    loop.changes.append((t, by))
    return True


ALL = [restart_announced, restart_crash, restart_storm, late_batch, link_down, swapped, resend, resend_batch, skewed, plain_source,
       maintenance, maintenance_told, priority_ordered, priority_own, equal_writes, writes_apart, slow_episode, bare_trigger,
       second_thoughts, broad, escalated, lively, at_rest, new_level, new_level_announced]
