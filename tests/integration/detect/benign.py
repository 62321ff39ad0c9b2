"""What looks like an attack and is none. Each function stages one near-miss, or answers False when the place does not fit."""
from world import S


def restart_announced(w):
    """A producer restarts; the governance stage says so; its numbers begin again."""
    loop = w.random.choice(w.loops)
    p, t = loop.producers["probe"], w.moment()
    if not p.numbered or len(p.lives) > 1 or not w.claim(p, t - 30 * S, w.end):
        return False
    w.event(loop.producers["governor"], t - S, "STATE", attributes={"state": "restarted", "producer": p.name, "incarnation": "2"})
    p.lives.append((t, 2))
    return True


def restart_crash(w):
    """A producer crashes and comes back with a new incarnation; nobody announces it, the old one is never heard again."""
    loop = w.random.choice(w.loops)
    p, t = loop.producers["analyser"], w.moment()
    if not p.numbered or len(p.lives) > 1 or not w.claim(p, t - 30 * S, w.end):
        return False
    p.lives.append((t, 2))
    return True


def late_batch(w):
    """Events of one producer are held back and arrive together, in order."""
    loop = w.random.choice(w.loops)
    p, t = loop.producers["probe"], w.moment()
    hold = w.random.randint(4, 9) * S
    if not w.claim(p, t - 5 * S, t + hold + 20 * S):
        return False
    batch = w.events_of(p, t, t + hold)
    for i, s in enumerate(batch):
        s.arrival = t + hold + i * 2000
    for s in w.events_of(p, t + hold, t + hold + S):
        s.arrival = max(s.arrival, t + hold + len(batch) * 2000 + 1000)
    return len(batch) > 1


def swapped(w):
    """Two neighbours change places on the way; the gap fills within moments."""
    loop = w.random.choice(w.loops)
    p, t = loop.producers["probe"], w.moment()
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
    again = s.copy(s.arrival + w.random.randint(20, 700) * 1000)
    again.producer, again.number, again.at, again.source = s.producer, False, s.at, s
    w.sent.append(again)
    return True


def maintenance(w):
    """Planned silence: the window stands in the registry."""
    loop = w.random.choice(w.loops)
    p, t = loop.producers["executor"], w.moment(90, 150)
    length = w.random.randint(40, 90) * S
    if not w.claim(p, t - 60 * S, t + length + 60 * S) or any(t - S < e.at < t + length + S for e in w.events_of(p, t - S, t + length + S, {"ACTION_RESULT"})):
        return False
    loop.maintenance.append({"from": t - 2 * S, "until": t + length + 2 * S, "producers": [p.name]})
    w.sent = [s for s in w.sent if not (s.producer is p and t <= s.at < t + length)]
    return True


def equal_writes(w):
    """Two loops set the same attribute of the same target to the same value."""
    a, b = w.random.sample(w.loops, 2)
    common = sorted(set(a.free_attributes()) & set(b.free_attributes()))
    if not common:
        return False
    t, attribute = w.moment(60, 120), w.random.choice(common)
    value = str(w.random.randint(50, 90))
    return bool(w.episode(a, t, w.shared[0], attribute, value)) and bool(w.episode(b, t + 3 * S, w.shared[0], attribute, value))


def writes_apart(w):
    """Two loops set different values, far enough apart in time."""
    a, b = w.random.sample(w.loops, 2)
    common = sorted(set(a.free_attributes()) & set(b.free_attributes()))
    if not common:
        return False
    t, attribute = w.moment(60, 200), w.random.choice(common)
    return bool(w.episode(a, t, w.shared[0], attribute, "11")) and bool(w.episode(b, t + 55 * S, w.shared[0], attribute, "12"))


def slow_episode(w):
    """Everything takes long, but within what the registry allows."""
    loop = w.random.choice(w.loops)
    return bool(w.episode(loop, w.moment(60, 180), slow=3.5))


def lively(w):
    """A short burst of telemetry, below any flood."""
    loop = w.random.choice(w.loops)
    p, t = loop.producers["probe"], w.moment()
    if not w.claim(p, t - 5 * S, t + 10 * S):
        return False
    for i in range(w.random.randint(10, 30)):
        w.event(p, t + i * 110_000, "TELEMETRY", metrics={"load": loop.metrics["load"] + w.random.gauss(0, 1)},
                subject={"type": "nr-cell", "id": loop.targets[0]})
    return True


ALL = [restart_announced, restart_crash, late_batch, swapped, resend, maintenance, equal_writes, writes_apart, slow_episode, lively]
