"""A small network of closed loops that behaves: registry, clean traffic, and what looks odd but is benign.

Knows the schemas ClosedLoopEvent and Loop and how loops behave (ETSI GS ZSM 009-1). Knows nothing of any detector.
Times are microseconds. An event is kept with two times: when it says it happened, and when it arrives.
"""
import copy
import hashlib

S = 1_000_000
EPOCH = 1_790_000_000 * S
STAGES = {"probe": "MONITORING", "analyser": "ANALYSIS", "decider": "DECISION", "executor": "EXECUTION", "governor": "GOVERNANCE"}
BY_KIND = {"TRIGGER": "ANALYSIS", "CLEAR": "ANALYSIS", "ACTION_PLAN": "DECISION", "ACTION_RESULT": "EXECUTION",
           "STATE": "GOVERNANCE", "COORDINATION": "GOVERNANCE"}       # of a producer that speaks for every stage
ATTRIBUTES = ["tx_power", "tilt", "cio", "prb_cap", "sleep_mode"]


class Sent:
    """One record on its way: the value, the event time in it, and when it arrives."""

    def __init__(self, value, arrival):
        self.value, self.arrival = value, arrival
        self.number = False          # it gets the next one of its component
        self.forged = False          # not what its component told
        self.goes_on = False         # forged, under the number that would have come next
        self.proof = False           # an attack must be found by it
        self.source = None           # it is a copy of that one

    def free(self):
        """May be dropped, held or changed without undoing what somebody else staged."""
        return not (self.forged or self.proof or self.source or self.value["kind"] in ("STATE", "COORDINATION"))

    def copy(self, arrival):
        return Sent(copy.deepcopy(self.value), arrival)


class Producer:
    def __init__(self, loop, role, name, numbered, heartbeat, skew, first=None):
        self.loop, self.role, self.name, self.numbered, self.heartbeat, self.skew = loop, role, name, numbered, heartbeat, skew
        self.first = first if numbered else None                # its first legitimate incarnation, if the registry says
        self.lives = [(0, (first or 1))]                        # (since, incarnation)
        self.silent = []                                        # [from, until): says nothing

    def incarnation(self, t):
        return max(life for life in self.lives if life[0] <= t)[1]

    def quiet(self, t):
        return any(a <= t < b for a, b in self.silent)

    def stage(self, kind="TELEMETRY"):
        return STAGES.get(self.role) or BY_KIND.get(kind, "MONITORING")


class Loop:
    """The first three are of a kind that every network has; the others are mixed."""

    def __init__(self, world, i):
        r = world.random
        self.id = f"loop-{world.seed % 1000}-{i}"
        self.domain = r.choice(["ran", "core", "transport"])
        self.world = world
        self.targets = [f"cell-{world.seed % 97}-{i}-{k}" for k in range(r.randint(2, 4))] + world.shared
        self.writable = r.sample(ATTRIBUTES, 4) if r.random() < 0.5 or i == 0 else ["*"]
        self.banned = (r.choice(self.targets[:-1]), r.choice(self.free_attributes()))
        self.disallowed = [{"target": self.banned[0], "attributes": [self.banned[1]]}]
        self.maintenance = []
        self.parent = r.choice(world.loops) if world.loops and r.random() < 0.4 else None
        self.metrics = {"load": r.uniform(20, 60), "latency_ms": r.uniform(5, 30)}
        self.changes = []            # (since, by): honest changes of the level of its load
        self.producers = {}
        skew = lambda: r.choice([0, 0, 0, r.randint(-1500, 1500) * 1000])  # noqa: E731
        if i == 1:   # one component does everything, and numbers nothing
            box = Producer(self, "box", f"box-{i}", False, r.choice([15, 20, 30]) * S, skew())
            self.producers = dict.fromkeys(STAGES, box)
            return
        watched = i == 0 or (i != 2 and r.random() < 0.8)
        for role in STAGES:
            numbered = i == 0 or role in ("governor", "decider") or r.random() < 0.8
            heartbeat = r.choice([15, 20, 30]) * S if watched and role in ("probe", "executor") else None
            first = r.choice([None, r.randint(2, 9), 1_700_000_000 + r.randrange(1000)]) if i else 7
            self.producers[role] = Producer(self, role, f"{role}-{i}", numbered, heartbeat, skew(), first)

    def level(self, t):
        return self.metrics["load"] + sum(by for since, by in self.changes if since <= t)

    def components(self):
        return list(dict.fromkeys(self.producers.values()))

    def entry(self):
        return {
            "id": self.id, "domain": self.domain, "description": "made by the injector", "priority": 5,
            "parent": self.parent and self.parent.id,
            "producers": [{"name": p.name, "stage": STAGES.get(p.role), "numbered": p.numbered, "heartbeat_us": p.heartbeat,
                           "incarnation": p.first} for p in self.components()],
            "targets": self.targets, "writable": self.writable, "disallowed": self.disallowed,
            "metrics": [{"name": "load", "unit": "%", "min": 0.0, "max": 100.0}, {"name": "latency_ms", "unit": "ms", "min": 0.0},
                        {"name": "battery", "unit": "%", "min": 0.0, "max": 100.0}, {"name": "carriers", "unit": "1"},
                        {"name": "users", "unit": "1", "min": 0.0, "steady": True}],
            "clear_timeout_us": 300 * S, "action_timeout_us": 60 * S, "maintenance": self.maintenance,
        }

    def free_attributes(self, target=None):
        """What it may set; of a target, or of the shared one."""
        every = ATTRIBUTES if self.writable == ["*"] else self.writable
        return [a for a in every if target is None or (target, a) != self.banned]


class World:
    def __init__(self, random, seed, minutes):
        self.random, self.seed = random, seed
        self.start, self.end = EPOCH, EPOCH + minutes * 60 * S
        self.shared = [f"site-{seed % 89}"]        # a target that all loops may write: where conflicts can happen
        self.loops = []
        for i in range(random.randint(3, 6)):
            self.loops.append(Loop(self, i))
        self.sent, self.truth, self.benign = [], [], []
        self.n = 0
        self.writes = []                           # (time, loop, target, attribute, value): to keep clean traffic clean
        self.held = []                             # ([producers], from, until): the link that is down
        self.ordered = {}                          # loop id: priority the governance gave it
        self.taken = []                            # (producer, from, until): where something is already staged

    # ---- one event ----

    def event(self, producer, t, kind, arrival=None, sequence=None, incarnation=None, number=True, **more):
        self.n += 1
        digest = hashlib.sha256(f"{self.seed}/{self.n}".encode()).hexdigest()
        value = {"id": f"{digest[:8]}-{digest[8:12]}-{self.n}", "loop": producer.loop.id, "domain": producer.loop.domain,
                 "stage": producer.stage(kind), "kind": kind,
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
            if p.numbered and not s.forged and s.value["producer"]["incarnation"] is None:
                s.value["producer"]["incarnation"] = p.incarnation(s.at)
            if s.number and p.numbered and not s.forged:
                life = s.value["producer"]["incarnation"]
                count = p.__dict__.setdefault("count", {})
                count[life] = count.get(life, 0) + 1
                s.value["producer"]["sequence"] = count[life]

        for s in self.sent:
            if s.goes_on:
                s.value["producer"]["sequence"] = s.producer.count.get(s.value["producer"]["incarnation"], 0) + 1
        for components, a, b in self.held:
            self.hold(components, a, b)

    def hold(self, components, a, b):
        """What they say from a to b arrives at b, in order, and what follows behind it. Not where it is held already."""
        batch = sorted((s for s in self.sent if s.producer in components and a <= s.at < b), key=lambda s: (s.arrival, s.at))
        after = [s for s in self.sent if s.producer in components and b <= s.at < b + 2 * S]
        if len(batch) < 2 or any(s.source or s.arrival - s.at > S for s in batch + after):
            return False
        at = b + S // 10
        for i, s in enumerate(batch):
            s.arrival = at + i * 500
        for i, s in enumerate(sorted(after, key=lambda s: s.arrival)):
            s.arrival = max(s.arrival, at + (len(batch) + i) * 500)
        return True

    # ---- clean traffic ----

    def traffic(self):
        for loop in self.loops:
            self.telemetry(loop)
            self.heartbeats(loop)
            self.episodes(loop)

    def telemetry(self, loop):
        r, p, t = self.random, loop.producers["probe"], self.start
        step = r.choice([1, 2, 5]) * S
        level, users, subject = dict(loop.metrics), 0, {"type": "nr-cell", "id": loop.targets[0]}
        rare = t + r.randint(5, 60) * S
        while t < self.end:
            if not p.quiet(t):
                for m in level:   # a walk that comes home
                    level[m] += r.gauss(0, 0.4) + 0.05 * (loop.metrics[m] - level[m])
                values = {m: max(0.1, min(99.0, v + r.gauss(0, 0.8))) for m, v in level.items()}
                users = 0.9 * users + r.gauss(0, 1)
                values.update(users=float(40 + round(users)), carriers=3.0)   # often the same; always the same
                self.event(p, t, "TELEMETRY", metrics=values, subject=subject)
                if t >= rare:   # told now and then, by itself
                    self.event(p, t + 1000, "TELEMETRY", metrics={"battery": r.uniform(40, 60)}, subject=subject)
                    rare = t + int(r.uniform(40, 60) * S)
            t += int(step * r.uniform(0.9, 1.1))

    def heartbeats(self, loop):
        for p in loop.components():
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

    def episode(self, loop, t, target=None, attribute=None, value=None, slow=1.0, banned=False):
        """TRIGGER, ACTION_PLAN, ACTION_RESULT, CLEAR; returns the four and their end, or None when it would not be clean."""
        r = self.random
        target = target or r.choice(loop.targets)
        attribute = attribute or r.choice(loop.free_attributes(target))
        value = value or str(r.randint(1, 40))
        t_plan = t + int(r.uniform(0.5, 2) * S * slow)
        t_done = t_plan + int(r.uniform(1, 8) * S * slow)
        t_clear = t_done + int(r.uniform(2, 20) * S * slow)
        names = ("analyser", "decider", "executor")
        if (target, attribute) == loop.banned and not banned:
            return None
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

    def above(self, loop):
        """A priority nobody gave it."""
        return str(self.random.randint(self.ordered.get(loop.id, 5) + 1, 10))

    def drop(self, gone):
        away = set(map(id, gone))
        self.sent = [s for s in self.sent if id(s) not in away]

    def claim(self, producer, a, b):
        """Reserve a stretch of a producer's life, so that staged things do not disturb each other."""
        if any(p is producer and a < y and x < b for p, x, y in self.taken):
            return False
        self.taken.append((producer, a, b))
        return True

    def events_of(self, producer, a, b, kinds=None):
        return sorted((s for s in self.sent if s.producer is producer and a <= s.at < b and (not kinds or s.value["kind"] in kinds)),
                      key=lambda s: s.at)
