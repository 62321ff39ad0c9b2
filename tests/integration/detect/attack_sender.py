"""Attacks by and on those who speak: identity (L1), order and time (L3), suppression (L4), floods (L15)."""
from deeds import S, cell, late, pick, told, truth
from world import Producer

# ---- staged in the stream ----


def stranger(s, name):
    """Makes it the word of somebody else."""
    s.producer, s.forged = Producer(s.producer.loop, "box", name, False, None, 0), True
    s.value["producer"]["name"] = name
    return s


def l1_loop(w):
    """A loop that nobody registered."""
    loop, p, t = pick(w)
    name = f"loop-{w.seed % 1000}-x{w.random.randint(10, 99)}"
    if any(s.value["loop"] == name for s in w.sent):
        return None
    events = []
    for i in range(w.random.randint(1, 4)):
        s = told(w, p, t + i * 3 * S, number=False)
        s.value["loop"] = name
        events.append(stranger(s, p.name))
    found = truth("L1", loop, events, producer=p.name)
    found["loop"] = name
    return found


def l1_unknown(w):
    """A component nobody registered speaks for a loop."""
    loop, p, t = pick(w, "probe")
    kind = w.random.choice(["TELEMETRY", "TRIGGER", "HEARTBEAT", "ACTION_PLAN", "ACTION_RESULT"])
    s = stranger(w.event(p, t, kind, sequence=w.random.randint(1, 50), incarnation=1, subject=cell(loop.targets[0])),
                 f"{p.role}-{w.random.randint(100, 999)}x")
    return truth("L1", loop, [s], producer=s.value["producer"]["name"])


def l1_twin(w):
    """A second incarnation speaks beside the living one."""
    got = pick(w, "probe", True)
    if not got or not w.claim(got[1], got[2] - 60 * S, w.end):
        return None
    loop, p, t = got
    life = p.incarnation(t) + w.random.randint(5, 40)
    forged = [told(w, p, t + i * 2 * S, sequence=i + 1, incarnation=life) for i in range(4)]
    for s in forged:
        s.forged = True
    return truth("L1", loop, forged + w.events_of(p, t, w.end), producer=p.name)


def l1_below(w):
    """An incarnation from before the component was put into service."""
    got = pick(w, None, True)
    if not got or not got[1].first:
        return None
    loop, p, t = got
    if not w.claim(p, t - S, t + S):
        return None
    s = told(w, p, t, sequence=w.random.randint(1, 5000), incarnation=p.first - w.random.randint(1, 2))
    s.forged = True
    return truth("L1", loop, [s], producer=p.name)


def l1_old_life(w):
    """A component restarts, as it may; somebody goes on as its old life."""
    got = pick(w, None, True, before=200, after=200)
    if not got or len(got[1].lives) > 1 or not w.claim(got[1], got[2] - 30 * S, w.end):
        return None
    loop, p, t = got
    life, later = p.incarnation(t), t + w.random.randint(30, 120) * S
    new = w.events_of(p, t, later - 5 * S)
    if not new or not w.events_of(p, w.start, t):
        return None
    p.lives.append((t, life + 1))
    s = told(w, p, later, incarnation=life)
    s.forged = s.goes_on = True
    return truth("L1", loop, [s], producer=p.name, side=new[:1])


def l4_trigger(w):
    """A trigger whose clearing is suppressed."""
    loop, p, t = pick(w, "analyser", after=400)
    if w.random.random() < 0.4:
        s = w.event(p, t, "TRIGGER", subject={"type": "service", "id": f"service-{w.n}"})
        return truth("L4", loop, [s], target=s.value["subject"]["id"])
    got = w.episode(loop, t)
    if not got:
        return None
    trigger, plan, done, clear = got
    w.sent.remove(clear)
    return truth("L4", loop, [trigger], target=trigger.value["subject"]["id"])


def l4_action(w):
    """A plan whose result is suppressed (before it is numbered: the executor never spoke)."""
    loop, p, t = pick(w, "decider", after=120)
    got = w.episode(loop, t)
    if not got:
        return None
    trigger, plan, done, clear = got
    w.sent.remove(done)
    return truth("L4", loop, [plan], target=plan.value["subject"]["id"])


def l4_silence(w):
    """A component that must beat falls silent."""
    loop, p, t = pick(w, w.random.choice(["probe", "executor"]), after=150)
    if not p.heartbeat:
        return None
    gap = int(p.heartbeat * 1.5) + 20 * S
    gone, last = w.events_of(p, t, t + gap), w.events_of(p, t - 60 * S, t)
    if not last or any(s.value["kind"] not in ("TELEMETRY", "HEARTBEAT") for s in gone) or not w.claim(p, t - 30 * S, t + gap + 30 * S):
        return None
    w.drop(gone)
    p.silent.append((t, t + gap))
    return truth("L4", loop, last[-1:], producer=p.name, until=t + gap)


def l15_flood(w):
    """A component floods its loop."""
    loop, p, t = pick(w, w.random.choice(["probe", "analyser", "executor"]))
    if not w.claim(p, t - 30 * S, t + 60 * S):
        return None
    kind, often = w.random.choice(["TELEMETRY", "HEARTBEAT", "ALARM"]), w.random.randint(60, 120)
    flood = [w.event(p, t + i * S // often, kind, subject=cell(loop.targets[0])) for i in range(often * 10)]
    return truth("L15", loop, flood, producer=p.name)


# ---- on the wire: on the finished, numbered stream ----


def picked(w, numbered, kinds, before=60, after=150, role=None):
    """A component and one event of it at a random moment."""
    got = pick(w, role, numbered, before, after)
    few = got and w.events_of(got[1], got[2], got[2] + 40 * S, kinds)
    few = few and [s for s in few if s.free() and s.arrival - s.at < 2 * S]
    return (got[0], got[1], few[0]) if few else None


def forge(w, model, at, **producer):
    """Other content under the name of a component."""
    s = told(w, model.producer, at, number=False)
    s.value["producer"] = dict(model.value["producer"], **producer)
    s.forged = True
    return s


@late
def l3_replay(w):
    """Recorded bytes once more, later."""
    s = w.random.choice([s for s in w.sent if w.start + 60 * S < s.at < w.end - 250 * S and not s.source and not s.forged])
    later = w.random.randint(4, 180) * S
    if not s.producer.numbered and len(w.events_of(s.producer, s.at, s.at + later)) > 600:
        return None      # no memory without numbers is endless
    again = s.copy(s.arrival + later)
    again.producer, again.at, again.source = s.producer, s.at, s
    w.sent.append(again)
    return truth("L3", s.producer.loop, [s], producer=s.producer.name)


def l3_number(w):
    """Another event under a number that was used."""
    got = picked(w, True, None, after=250)
    if not got:
        return None
    loop, p, s = got
    at = s.at + w.random.randint(2, 150) * S
    if p.incarnation(at) != s.value["producer"]["incarnation"] or not w.claim(p, s.at - S, at + S):
        return None
    return truth("L3", loop, [forge(w, s, at)], producer=p.name, side=[s])


def l3_ahead(w):
    """Somebody takes the next number before the component itself can: its own event bears a number that was used."""
    got = picked(w, True, {"TELEMETRY", "HEARTBEAT"})
    if not got or not w.claim(got[1], got[2].at - 5 * S, got[2].at + 5 * S):
        return None
    loop, p, s = got
    t = s.at - w.random.randint(50, 400) * 1000
    if any(t - S < x.at < s.at for x in w.events_of(p, t - S, s.at)):
        return None
    return truth("L3", loop, [forge(w, s, t), s], producer=p.name)


@late
def l3_stale(w):
    """An event that is far too old: dated back by a component with numbers, or from one without."""
    got = picked(w, None, {"TELEMETRY"}, before=800)
    if not got:
        return None
    loop, p, s = got
    back = w.random.randint(640, 780) * S
    if p.numbered:
        if not w.claim(p, s.at - S, s.at + S):
            return None
        s.value["event_time"] -= back
    else:
        s = told(w, p, s.at - back, arrival=s.at, number=False)
    s.forged = True
    return truth("L3", loop, [s], producer=p.name)


@late
def l3_future(w):
    """An event from the future."""
    got = picked(w, None, {"TELEMETRY", "HEARTBEAT"}, role="probe")
    if not got or not w.claim(got[1], got[2].at - S, got[2].at + S):
        return None
    loop, p, s = got
    s.value["event_time"] = s.arrival + w.random.randint(8, 3600) * S
    s.forged = True
    return truth("L3", loop, [s], producer=p.name)


@late
def l3_held(w):
    """One event is held back until well after its successors."""
    got = picked(w, True, {"TELEMETRY"}, after=240)
    if not got or not w.claim(got[1], got[2].at - 5 * S, got[2].at + 80 * S):
        return None
    loop, p, s = got
    hold = w.random.randint(20, 200) * S
    after = w.events_of(p, s.at + 1, s.at + hold - 18 * S)
    if not after:
        return None
    s.arrival += hold
    return truth("L3", loop, [s], producer=p.name, also=["L4"], side=after[:1])


def l4_drop(w):
    """A few numbered events never arrive."""
    got = picked(w, True, None)
    if not got or not w.claim(got[1], got[2].at - 10 * S, got[2].at + 40 * S):
        return None
    loop, p, first = got
    gone = [s for s in w.events_of(p, first.at, first.at + 40 * S) if s.free() and s.arrival - s.at < 2 * S][:w.random.randint(1, 3)]
    after = [s for s in w.events_of(p, gone[-1].at + 1, w.end - 30 * S) if not s.source]
    life = {s.value["producer"]["incarnation"] for s in gone + after[:3]}
    if not after or len(life) > 1 or any(s.source in gone for s in w.sent):
        return None
    ids = {s.value["id"] for s in gone}
    side = [s for s in w.sent if ids & set(s.value.get("causes", []))]      # a result whose plan is gone
    owed = {x for s in gone if s.value["kind"] in ("CLEAR", "ACTION_RESULT") for x in s.value.get("causes", [])}
    side += [s for s in w.sent if s.value["id"] in owed]                    # what waits for what is gone
    before = w.events_of(p, first.at - 60 * S, first.at)[-1:]
    w.drop(gone)
    return truth("L4", loop, after[:3], producer=p.name, side=side + before, also=["L8"], until=gone[-1].at)


STAGED = [l1_loop, l1_unknown, l1_twin, l1_old_life, l1_below, l4_trigger, l4_action, l4_silence, l15_flood]
WIRE = [l3_replay, l3_number, l3_ahead, l3_stale, l3_future, l3_held, l4_drop]
