"""Attacks after the threat catalogue L1 to L22, each with what it must be found by.

A function stages one attack and answers its truth, or None when the place does not fit. `numbered` attacks run before sequence
numbers are given, `wire` attacks afterwards, on the finished stream: they are what somebody does on the way.
"""
from world import S


def truth(cls, loop, events=(), producer=None, target=None, related=(), also=()):
    """also: classes that the same deed may rightly raise in the same loop."""
    return {"class": cls, "loop": loop.id, "events": [s.value["id"] for s in events], "producer": producer, "target": target,
            "related": sorted(x.id for x in related), "also": sorted(also)}


def pick(w, role=None, numbered=None, before=90, after=120):
    r = w.random
    loop = r.choice(w.loops)
    p = loop.producers[role or r.choice(["probe", "analyser", "executor"])]
    if numbered is not None and p.numbered != numbered:
        return None
    return loop, p, w.moment(before, after)


# ---- staged in the stream ----

def l1_unknown(w):
    """A component nobody registered speaks for a loop."""
    loop, p, t = pick(w, "probe")
    kind = w.random.choice(["TELEMETRY", "TRIGGER", "HEARTBEAT"])
    s = w.event(p, t, kind, sequence=w.random.randint(1, 50), incarnation=1)
    s.value["producer"]["name"] = f"probe-{w.random.randint(100, 999)}x"
    s.value["producer"].setdefault("sequence", None)
    return truth("L1", loop, [s], producer=s.value["producer"]["name"], also=["L4", "L8"])


def l1_twin(w):
    """A second incarnation speaks beside the living one."""
    got = pick(w, "probe", True)
    if not got or not w.claim(got[1], got[2] - 60 * S, w.end):
        return None
    loop, p, t = got
    life = p.incarnation(t) + w.random.randint(5, 40)
    forged = [w.event(p, t + i * 2 * S, "TELEMETRY", sequence=i + 1, incarnation=life, metrics={"load": loop.metrics["load"]},
                      subject={"type": "nr-cell", "id": loop.targets[0]}) for i in range(4)]
    return truth("L1", loop, forged + w.events_of(p, t, t + 30 * S), producer=p.name, also=["L3", "L4"])


def l4_trigger(w):
    """A trigger whose clearing is suppressed."""
    loop, p, t = pick(w, "analyser", after=400)
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
    """A producer that must beat falls silent (and its actions with it)."""
    got = pick(w, "probe", after=150)
    loop, p, t = got
    gap = int(p.heartbeat * 1.5) + 20 * S
    if not w.claim(p, t - 30 * S, t + gap + 30 * S):
        return None
    w.sent = [s for s in w.sent if not (s.producer is p and t <= s.at < t + gap)]
    last = w.events_of(p, t - 60 * S, t)
    return truth("L4", loop, last[-1:], producer=p.name)


def l8_orphan(w):
    """A result that follows from no plan, or from one nobody has seen."""
    loop, p, t = pick(w, "executor")
    causes = w.random.choice([[], [f"none-{w.random.randrange(1 << 30)}"]])
    target, attribute = w.random.choice(loop.targets[:-1]), w.random.choice(loop.free_attributes())
    if not w.write_ok(t, loop, target, attribute, "77"):
        return None
    s = w.event(p, t, "ACTION_RESULT", causes=causes, subject={"type": "nr-cell", "id": target}, attributes={f"set.{attribute}": "77"})
    w.writes.append((t, loop, target, attribute, "77"))
    return truth("L8", loop, [s], target=target)


def l8_target(w):
    """An action on something the loop never declared."""
    loop, p, t = pick(w, "decider")
    target = f"core-{w.random.randint(1, 999)}"
    got = w.episode(loop, t, target)
    return got and truth("L8", loop, got[1:3], target=target)


def l9_attribute(w):
    """A write outside what the loop may set."""
    loop, p, t = pick(w, "decider")
    if loop.writable == ["*"]:
        attribute, target = "admin_state", loop.targets[0]
        if not any(d["target"] == target for d in loop.disallowed):
            loop.disallowed.append({"target": target, "attributes": [attribute]})
    else:
        attribute, target = "software_version", loop.targets[0]
    got = w.episode(loop, t, target, attribute)
    return got and truth("L9", loop, got[1:3], target=target)


def l10_flap(w):
    """One attribute goes to and fro."""
    loop, p, t = pick(w, "decider", after=200)
    target, attribute = loop.targets[1], w.random.choice(loop.free_attributes())
    if any(x[1] is loop and x[2] == target and x[3] == attribute and abs(x[0] - t) < 400 * S for x in w.writes):
        return None
    events = []
    for i in range(10):
        got = _bare_action(w, loop, t + i * 9 * S, target, attribute, str(20 + i % 2))
        events += got
    return truth("L10", loop, events, target=target)


def _bare_action(w, loop, t, target, attribute, value, causes=()):
    subject = {"type": "nr-cell", "id": target}
    plan = w.event(loop.producers["decider"], t, "ACTION_PLAN", subject=subject, causes=list(causes), attributes={f"set.{attribute}": value})
    done = w.event(loop.producers["executor"], t + 2 * S, "ACTION_RESULT", subject=subject, causes=[plan.value["id"]],
                   attributes={f"set.{attribute}": value})
    w.writes += [(x, loop, target, attribute, value) for x in (t, t + 2 * S)]
    return [plan, done]


def l11_conflict(w):
    """Two loops pull one attribute of one target apart within seconds."""
    a, b = w.random.sample(w.loops, 2)
    common = sorted(set(a.free_attributes()) & set(b.free_attributes()))
    t = w.moment(60, 120)
    gap = w.random.randint(2, 9) * S
    if not common:
        return None
    attribute = w.random.choice(common)
    for x in (t - 40 * S, t, t + 40 * S):
        if not w.write_ok(x, None, w.shared[0], attribute, "never"):
            return None
    first = _bare_action(w, a, t, w.shared[0], attribute, "101")
    second = _bare_action(w, b, t + gap, w.shared[0], attribute, "102")
    found = truth("L11", b, first + second, target=w.shared[0], related=[a])
    found["either"] = [a.id, b.id]
    return found


def l14_fanout(w):
    """One event sets off a storm of actions in its own and other loops."""
    loop, p, t = pick(w, "analyser")
    root = w.event(p, t, "TRIGGER", subject={"type": "nr-cell", "id": loop.targets[0]}, correlation_id=f"storm-{w.n}")
    w.event(p, t + 30 * S, "CLEAR", subject={"type": "nr-cell", "id": loop.targets[0]}, correlation_id=root.value["correlation_id"],
            causes=[root.value["id"]])
    events = []
    for i in range(24):
        other = w.loops[i % len(w.loops)]
        target = other.targets[i % (len(other.targets) - 1)]
        attribute = other.free_attributes()[i // len(w.loops) % len(other.free_attributes())]
        events += _bare_action(w, other, t + S + i * 200_000, target, attribute, "55", [root.value["id"]])
    # a storm writes much in a short time: reversals and the like may rightly be seen as well
    found = truth("L14", loop, [root] + events, also=["L10", "L11"])
    found["either"] = [x.id for x in w.loops]
    return found


def l14_circle(w):
    """Plans of one or several loops that name each other as cause, round in a circle."""
    r = w.random
    n, many = r.randint(2, 5), r.choice([1, 2, 3, 5])
    loops, t = r.sample(w.loops, min(many, len(w.loops))), w.moment(60, 160)
    events, plans = [], []
    for i in range(n):
        loop = loops[i % len(loops)]
        target, attribute = loop.targets[i % (len(loop.targets) - 1)], loop.free_attributes()[i % len(loop.free_attributes())]
        at = t + i * r.randint(1, 3) * S
        if not all(w.write_ok(at + by * S, None, target, attribute, "never") for by in (-120, -60, 0, 60, 120)):
            return None
        plans.append((loop, at, target, attribute))
    for loop, at, target, attribute in plans:
        events += _bare_action(w, loop, at, target, attribute, "66")
    for i in range(n):
        events[2 * i].value["causes"] = [events[2 * (i - 1)].value["id"]]
    used = {loop.id: loop for loop, *_ in plans}
    found = truth("L14", plans[0][0], events[::2], related=list(used.values())[1:])
    found["either"] = sorted(used)
    return found


def l15_flood(w):
    """A producer floods its loop."""
    got = pick(w, "probe")
    loop, p, t = got
    if not w.claim(p, t - 30 * S, t + 60 * S):
        return None
    flood = [w.event(p, t + i * 12_000, "TELEMETRY", metrics={"load": loop.metrics["load"]}, subject={"type": "nr-cell", "id": loop.targets[0]})
             for i in range(900)]
    return truth("L15", loop, flood, producer=p.name, also=["L5"])


def l5_range(w):
    """A legitimate source tells an impossible value."""
    loop, p, t = pick(w, "probe")
    lie = w.event(p, t, "TELEMETRY", metrics={"load": w.random.choice([140.0, -20.0, 1e9])}, subject={"type": "nr-cell", "id": loop.targets[0]})
    return truth("L5", loop, [lie], producer=p.name)


def l5_jump(w):
    """A legitimate source lies: its values jump and stay."""
    loop, p, t = pick(w, "probe", before=400)
    lies = w.events_of(p, t, t + 60 * S, {"TELEMETRY"})
    if len(lies) < 8 or not w.claim(p, t - 5 * S, t + 65 * S):
        return None
    for s in lies:
        if "load" in s.value["metrics"]:
            s.value["metrics"]["load"] = min(99.9, s.value["metrics"]["load"] + 35)
    return truth("L5", loop, lies + w.events_of(p, t + 60 * S, t + 120 * S), producer=p.name)


# ---- on the wire ----

def l3_replay(w):
    """Recorded bytes once more, later."""
    s = w.random.choice([s for s in w.sent if w.start + 60 * S < s.at < w.end - 250 * S and not hasattr(s, "source")])
    again = s.copy(s.arrival + w.random.randint(4, 180) * S)
    again.producer, again.number, again.at, again.source = s.producer, False, s.at, s
    w.sent.append(again)
    loop = s.producer.loop
    return truth("L3", loop, [s], producer=s.value["producer"]["name"], also=["L8"])


def l3_stale(w):
    """An event that is far too old."""
    got = pick(w, "probe", False, before=800)
    if not got:
        return None
    loop, p, t = got
    s = w.event(p, t - w.random.randint(640, 780) * S, "TELEMETRY", arrival=t, metrics={"load": loop.metrics["load"]},
                subject={"type": "nr-cell", "id": loop.targets[0]})
    return truth("L3", loop, [s], producer=p.name, also=["L5"])


def l3_future(w):
    """An event from the future."""
    got = pick(w, "probe", False)
    if not got:
        return None
    loop, p, t = got
    s = w.event(p, t + w.random.randint(8, 3600) * S, "TELEMETRY", arrival=t, metrics={"load": loop.metrics["load"]},
                subject={"type": "nr-cell", "id": loop.targets[0]})
    return truth("L3", loop, [s], producer=p.name)


def l3_held(w):
    """One event is held back until well after its successors."""
    got = pick(w, "probe", True)
    if not got or not w.claim(got[1], got[2] - 5 * S, got[2] + 80 * S):
        return None
    loop, p, t = got
    few = w.events_of(p, t, t + 10 * S, {"TELEMETRY"})
    if not few:
        return None
    few[0].arrival = few[0].arrival + w.random.randint(20, 60) * S
    return truth("L3", loop, few[:1], producer=p.name, also=["L4"])


def l4_drop(w):
    """A few numbered events never arrive."""
    got = pick(w, "probe", True)
    if not got or not w.claim(got[1], got[2] - 10 * S, got[2] + 40 * S):
        return None
    loop, p, t = got
    gone = w.events_of(p, t, t + 40 * S, {"TELEMETRY"})[:w.random.randint(1, 3)]
    after = w.events_of(p, gone[-1].at + 1, gone[-1].at + 60 * S) if gone else []
    if not gone or not after:
        return None
    before = w.events_of(p, gone[0].at - 60 * S, gone[0].at)
    w.sent = [s for s in w.sent if s not in gone]
    return truth("L4", loop, before[-1:] + after[:3], producer=p.name)


STAGED = [l1_unknown, l1_twin, l4_trigger, l4_action, l4_silence, l8_orphan, l8_target, l9_attribute, l10_flap, l11_conflict, l14_fanout,
          l14_circle, l15_flood, l5_range, l5_jump]
WIRE = [l3_replay, l3_stale, l3_future, l3_held, l4_drop]
PROTOCOL = {"L1", "L3", "L4", "L8", "L9", "L11"}
