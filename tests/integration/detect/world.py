"""A small network of closed loops that behaves: registry, clean traffic, and what looks odd but is benign.

Knows the schemas ClosedLoopEvent and Loop and how loops behave (ETSI GS ZSM 009-1). Knows nothing of any detector.
Times are microseconds. An event is kept with two times: when it says it happened, and when it arrives.
"""
import copy
import hashlib

S = 1_000_000
EPOCH = 1_790_000_000 * S
STAGES = {"probe": "MONITORING", "analyser": "ANALYSIS", "decider": "DECISION", "executor": "EXECUTION", "governor": "GOVERNANCE"}
ATTRIBUTES = ["tx_power", "tilt", "cio", "prb_cap", "sleep_mode"]


class Sent:
    """One record on its way: the value, the event time in it, and when it arrives."""

    def __init__(self, value, arrival):
        self.value, self.arrival = value, arrival

    def copy(self, arrival):
        return Sent(copy.deepcopy(self.value), arrival)


class Producer:
    def __init__(self, loop, role, name, numbered, heartbeat, skew):
        self.loop, self.role, self.name, self.numbered, self.heartbeat, self.skew = loop, role, name, numbered, heartbeat, skew
        self.lives = [(0, 1)]       # (since, incarnation)
        self.silent = []            # [from, until): says nothing

    def incarnation(self, t):
        return max(life for life in self.lives if life[0] <= t)[1]

    def quiet(self, t):
        return any(a <= t < b for a, b in self.silent)


class Loop:
    def __init__(self, world, i):
        r = world.random
        self.id = f"loop-{world.seed % 1000}-{i}"
        self.domain = r.choice(["ran", "core", "transport"])
        self.world = world
        self.targets = [f"cell-{world.seed % 97}-{i}-{k}" for k in range(r.randint(2, 4))] + world.shared
        self.writable = r.sample(ATTRIBUTES, 4) if r.random() < 0.5 else ["*"]
        self.disallowed = []
        self.maintenance = []
        self.metrics = {"load": r.uniform(20, 60), "latency_ms": r.uniform(5, 30)}
        self.producers = {}
        for role in STAGES:
            numbered = role in ("governor", "decider") or r.random() < 0.8
            heartbeat = r.choice([15, 20, 30]) * S if role in ("probe", "executor") else None
            self.producers[role] = Producer(self, role, f"{role}-{i}", numbered, heartbeat, r.choice([0, 0, 0, r.randint(-1500, 1500) * 1000]))
        self.busy_until = 0

    def entry(self):
        return {
            "id": self.id, "domain": self.domain, "description": "made by the injector", "priority": 5,
            "producers": [{"name": p.name, "stage": STAGES[p.role], "numbered": p.numbered, "heartbeat_us": p.heartbeat,
                           "incarnation": None} for p in self.producers.values()],
            "targets": self.targets, "writable": self.writable, "disallowed": self.disallowed,
            "metrics": [{"name": "load", "unit": "%", "min": 0.0, "max": 100.0}, {"name": "latency_ms", "unit": "ms", "min": 0.0}],
            "clear_timeout_us": 300 * S, "action_timeout_us": 60 * S, "maintenance": self.maintenance,
        }

    def free_attributes(self):
        return ATTRIBUTES if self.writable == ["*"] else self.writable


class World:
    def __init__(self, random, seed, minutes):
        self.random, self.seed = random, seed
        self.start, self.end = EPOCH, EPOCH + minutes * 60 * S
        self.shared = [f"site-{seed % 89}"]        # a target that all loops may write: where conflicts can happen
        self.loops = [Loop(self, i) for i in range(random.randint(3, 6))]
        self.sent, self.truth, self.benign = [], [], []
        self.n = 0
        self.writes = []                           # (time, loop, target, attribute, value): to keep clean traffic clean
        self.taken = []                            # (producer, from, until): where something is already staged

    # ---- one event ----

    def event(self, producer, t, kind, arrival=None, sequence=None, incarnation=None, number=True, **more):
        self.n += 1
        digest = hashlib.sha256(f"{self.seed}/{self.n}".encode()).hexdigest()
        value = {"id": f"{digest[:8]}-{digest[8:12]}-{self.n}", "loop": producer.loop.id, "domain": producer.loop.domain,
                 "stage": STAGES[producer.role], "kind": kind,
                 "producer": {"name": producer.name, "incarnation": None, "sequence": None},
                 "event_time": int(t + producer.skew)}
        if producer.numbered:
            value["producer"]["incarnation"] = incarnation
            value["producer"]["sequence"] = sequence
        value.update(more)
        s = Sent(value, int(t + self.random.uniform(0.005, 0.08) * S) if arrival is None else int(arrival))
        s.producer, s.number = producer, number and sequence is None
        s.at = t
        self.sent.append(s)
        return s

    def number(self):
        """Incarnations and sequence numbers in the order in which each producer spoke; called before events are moved about."""
        for s in sorted(self.sent, key=lambda s: s.at):
            p = s.producer
            if p.numbered and s.value["producer"]["incarnation"] is None:
                s.value["producer"]["incarnation"] = p.incarnation(s.at)
            if s.number and p.numbered:
                life = s.value["producer"]["incarnation"]
                count = p.__dict__.setdefault("count", {})
                count[life] = count.get(life, 0) + 1
                s.value["producer"]["sequence"] = count[life]

    # ---- clean traffic ----

    def traffic(self):
        for loop in self.loops:
            self.telemetry(loop)
            self.heartbeats(loop)
            self.episodes(loop)

    def telemetry(self, loop):
        r, p, t = self.random, loop.producers["probe"], self.start
        step = r.choice([1, 2, 5]) * S
        level = dict(loop.metrics)
        while t < self.end:
            if not p.quiet(t):
                for m in level:   # a walk that comes home
                    level[m] += r.gauss(0, 0.4) + 0.05 * (loop.metrics[m] - level[m])
                values = {m: max(0.1, min(99.0, v + r.gauss(0, 0.8))) for m, v in level.items()}
                self.event(p, t, "TELEMETRY", metrics=values, subject={"type": "nr-cell", "id": loop.targets[0]})
            t += int(step * r.uniform(0.9, 1.1))

    def heartbeats(self, loop):
        for p in loop.producers.values():
            if p.heartbeat:
                t = self.start + self.random.randint(0, 3 * S)
                while t < self.end:
                    if not p.quiet(t):
                        self.event(p, t, "HEARTBEAT")
                    t += int(p.heartbeat * self.random.uniform(0.5, 0.7))

    def write_ok(self, t, loop, target, attribute, value):
        """Would this write be a conflict or a reversal?"""
        for wt, wl, wtarget, wattr, wvalue in self.writes:
            if (wtarget, wattr) == (target, attribute) and abs(wt - t) < (40 * S if wl is not loop else 150 * S) and wvalue != value:
                return False
        return True

    def episode(self, loop, t, target=None, attribute=None, value=None, slow=1.0):
        """TRIGGER, ACTION_PLAN, ACTION_RESULT, CLEAR; returns the four and their end, or None when it would not be clean."""
        r = self.random
        target = target or r.choice(loop.targets)
        attribute = attribute or r.choice(loop.free_attributes())
        value = value or str(r.randint(1, 40))
        t_plan = t + int(r.uniform(0.5, 2) * S * slow)
        t_done = t_plan + int(r.uniform(1, 8) * S * slow)
        t_clear = t_done + int(r.uniform(2, 20) * S * slow)
        names = ("analyser", "decider", "executor")
        if any(p.quiet(x) for p in map(loop.producers.get, names) for x in (t, t_plan, t_done, t_clear)):
            return None
        if not all(self.write_ok(x, loop, target, attribute, value) for x in (t_plan, t_done)) or t_clear > self.end - 5 * S:
            return None
        self.writes += [(x, loop, target, attribute, value) for x in (t_plan, t_done)]
        corr = f"corr-{self.n}"
        subject = {"type": "nr-cell", "id": target}
        trigger = self.event(loop.producers["analyser"], t, "TRIGGER", subject=subject, correlation_id=corr)
        plan = self.event(loop.producers["decider"], t_plan, "ACTION_PLAN", subject=subject, correlation_id=corr,
                          causes=[trigger.value["id"]], attributes={f"set.{attribute}": value})
        done = self.event(loop.producers["executor"], t_done, "ACTION_RESULT", subject=subject, correlation_id=corr,
                          causes=[plan.value["id"]], attributes={f"set.{attribute}": value, "outcome": "SUCCESS"})
        clear = self.event(loop.producers["analyser"], t_clear, "CLEAR", subject=subject, correlation_id=corr, causes=[trigger.value["id"]])
        return trigger, plan, done, clear

    def episodes(self, loop):
        t = self.start + self.random.randint(10, 60) * S
        while t < self.end - 60 * S:
            self.episode(loop, t)
            t += int(self.random.uniform(20, 90) * S)

    # ---- helpers for near-misses and attacks ----

    def moment(self, before=60, after=60):
        return self.random.randint(self.start + before * S, self.end - after * S)

    def claim(self, producer, a, b):
        """Reserve a stretch of a producer's life, so that staged things do not disturb each other."""
        if any(p is producer and a < y and x < b for p, x, y in self.taken):
            return False
        self.taken.append((producer, a, b))
        return True

    def events_of(self, producer, a, b, kinds=None):
        return sorted((s for s in self.sent if s.producer is producer and a <= s.at < b and (not kinds or s.value["kind"] in kinds)),
                      key=lambda s: s.at)
