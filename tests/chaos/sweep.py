"""Every named point of the turn, at each of its first N passes, in both pipelines: a worker dies there, the one after it at the next. A file
for each worker tells its next life where to die; the log of the host says that it did."""
import collections
import json
import random
import signal
import time

import faults
from world import signal_to

BARRIER_EVERY = 110
PATIENCE_S = 25           # a life that has not come to its point is ended, and its point comes again later
TRIES = 3
NEVER = [("pass", "in_restore")]   # it has no table; what its host keeps of it is read in a pass or two
BY_RETRY = ["before_rewind"]   # passed only when a turn goes back; last, for it slows all that is not to die there


class Lane:
    """One worker, life after life. What comes next lies ready when it is born."""
    def __init__(self, host, pipeline, ordinal, jobs):
        self.file = host.failpoint().with_name(f"failpoint.{pipeline}.{ordinal}")
        self.host, self.pipeline, self.ordinal, self.jobs = host, pipeline, ordinal, jobs
        self.key, self.ready, self.armed, self.since = f"{pipeline}/{ordinal}", None, None, time.monotonic()

    def lay(self):
        if self.ready is None and self.jobs:
            self.ready = self.jobs.popleft()
            self.file.write_text("%s:%d" % self.ready[:2])

    def take_back(self):
        """Nobody is to die just now."""
        if self.ready and self.file.exists():
            self.file.unlink()
            self.jobs.appendleft(self.ready)
            self.ready = None

    def kill(self):
        for x in self.host.workers_now():
            if (x["pipeline"], x["ordinal"]) == (self.pipeline, self.ordinal):
                signal_to(x["pid"], signal.SIGKILL)


class Sweep:
    def __init__(self, w, passes, seed, report):
        self.w, self.report, self.log, self.rest = w, report, open(w.hosts[0].log_file), ""
        self.died, self.given_up, self.n = collections.Counter(), [], 0
        r, queues = random.Random(f"{seed}/sweep"), {}
        for pipeline in ("pass", "count"):
            jobs = [(p, n, 1) for p in faults.POINTS for n in range(1, passes + 1) if (pipeline, p) not in NEVER]
            r.shuffle(jobs)
            jobs.sort(key=lambda j: j[0] in BY_RETRY)
            queues[pipeline] = collections.deque(jobs)
        self.lanes = [Lane(w.hosts[0], p, o, queues[p]) for p in queues for o in (0, 1)]

    def read(self):
        *lines, self.rest = (self.rest + self.log.read()).split("\n")
        for line in lines:
            if '"failpoint.' not in line:
                continue
            x = json.loads(line)
            lane = next(l for l in self.lanes if l.key == x["component"])
            if x["event"] == "failpoint.armed":
                lane.armed, lane.ready, lane.since = lane.ready, None, time.monotonic()
            elif lane.armed:
                self.died[(lane.pipeline, lane.armed[0])] += 1
                self.n += 1
                lane.armed, lane.since = None, time.monotonic()

    def late(self, lane):
        """It never came to its point, or is not born again."""
        lane.kill()
        lane.since = time.monotonic()
        if lane.armed:
            point, n, tries = lane.armed
            (lane.jobs if tries < TRIES else self.given_up).append((point, n, tries + 1) if tries < TRIES else (lane.pipeline, point, n))
            lane.armed = None

    def step(self):
        self.w.init()
        self.read()
        for lane in self.lanes:
            lane.lay()
            if (lane.armed or lane.ready) and time.monotonic() - lane.since > PATIENCE_S:
                self.late(lane)
        if any(l.armed and l.armed[0] in BY_RETRY for l in self.lanes):
            self.w.trouble("retry", 4)

    def done(self):
        return not any(l.jobs or l.armed or l.ready for l in self.lanes)


def run(w, args, report, barrier, in_step, look):
    w.judge("go")
    in_step(w, "the start")
    s, at, since = Sweep(w, args.failpoints, args.seed, report), time.monotonic(), 0
    for lane in s.lanes:
        lane.lay()
        lane.kill()
    while not s.done():
        s.step()
        look(w)
        if s.n - since >= BARRIER_EVERY:
            since = s.n
            for lane in s.lanes:
                lane.take_back()
            barrier(w, report, s.n)
            for lane in s.lanes:
                lane.lay()
                lane.since = time.monotonic()
                if not lane.armed:
                    lane.kill()
        time.sleep(0.02)
    barrier(w, report, s.n)
    for (pipeline, point), n in sorted(s.died.items()):
        report(event="point", pipeline=pipeline, point=point, deaths=n)
    x = look(w)
    report(event="end", ok=True, seed=args.seed, failpoints=s.n, not_reached=s.given_up, minutes=round((time.monotonic() - at) / 60, 1), fed=x["fed"],
           out=x["out"], skipped=x["skipped"], dead=x["dead"], ticks=x["ticks"], alarms=x["alarms"], lost_doubled_misplaced=x["wrong"])
