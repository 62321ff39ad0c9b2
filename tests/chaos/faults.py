"""The faults of Tocsin's own processes and plugins; strikes.py has those of Kafka. Each is a generator function: it does its harm,
yields how many seconds until it wants to go on, and heals what does not heal by itself. Absent: this machine lacks what it needs, it is
left out and the report says so. Missed: there was nothing to do harm to just now, it does not count."""
import os
import signal
import time

from world import Host, signal_to

HARM = "harm"             # yielded: what came before was preparation, the harm is done now
POINTS = ["begin", "after_record", "before_changelog", "after_changelog", "before_offsets", "before_commit", "after_commit",
          "before_apply", "after_apply", "before_rewind", "in_restore"]
NAMED = {}                # name -> function


class Absent(Exception):
    pass


class Missed(Exception):
    pass


def fault(times, lasts=False, alone=None):
    """times: how often among the cards of a deck. lasts: others are to strike while it does. alone: of those of one word, one at a time."""
    def add(f):
        f.times, f.lasts, f.alone = times, lasts, alone
        NAMED[f.__name__] = f
        return f
    return add


def victim(w, r, pipeline=None):
    alive = [x for x in w.workers() if pipeline in (None, x["pipeline"])]
    if not alive:
        raise Missed
    return r.choice(alive)


# ---- processes ----

@fault(5)
def worker_kill(w, r):
    """kill -9 of one worker."""
    signal_to(victim(w, r)["pid"], signal.SIGKILL)
    yield 0


@fault(2)
def workers_kill(w, r):
    """kill -9 of all workers of a pipeline at once."""
    pipeline = r.choice(["pass", "count"])
    victim(w, r, pipeline)
    for v in w.workers():
        if v["pipeline"] == pipeline:
            signal_to(v["pid"], signal.SIGKILL)
    yield 0


@fault(4)
def failpoint(w, r):
    """A worker dies, and its next life dies at a named point of the turn. (All points, each in turn: --failpoints.)"""
    v = victim(w, r)
    v["host"].failpoint().write_text(f"{r.choice(POINTS)}:{r.randint(1, 60)}")
    signal_to(v["pid"], signal.SIGKILL)
    yield r.uniform(1, 3)
    for h in w.hosts:
        h.failpoint().unlink(missing_ok=True)


@fault(2)
def supervisor_kill(w, r):
    """kill -9 of the supervisor: its workers die with it, init starts it again."""
    w.hosts[0].signal(signal.SIGKILL)
    yield 0


@fault(2, lasts=True)
def worker_pause(w, r):
    """SIGSTOP for longer than the session and the transaction last, then SIGCONT: a zombie that must be fenced."""
    v = victim(w, r)
    signal_to(v["pid"], signal.SIGSTOP)
    yield r.uniform(6.5, 8.5)
    signal_to(v["pid"], signal.SIGCONT)


@fault(1, lasts=True, alone="host")
def zombie(w, r):
    """SIGSTOP of a whole host; meanwhile another host takes its work over; then SIGCONT."""
    h = w.hosts[0]
    pids = [h.process.pid] + [x["pid"] for x in h.workers_now()]
    other = w.join("host1", first=10)
    h.paused = True
    for p in pids:
        signal_to(p, signal.SIGSTOP)
    yield r.uniform(8, 11)
    for p in reversed(pids):
        signal_to(p, signal.SIGCONT)
    h.paused = False
    yield r.uniform(0, 2)
    yield from w.leave(other)


@fault(1, lasts=True, alone="host")
def host_lost(w, r):
    """A host is gone and stays so; another has its work once the session has ended. Then it comes back."""
    h = w.hosts[0]
    other = w.join("host1", first=10)
    yield from ready(other)
    yield HARM
    h.kill()
    yield r.uniform(9.5, 11)
    h.start()
    yield from ready(h)
    yield from w.leave(other)


def ready(h):
    end = time.monotonic() + 30
    while not (h.workers_now() and all(x["state"] == "ready" for x in h.workers_now())):
        if time.monotonic() > end:
            return
        yield 0.1


@fault(2, lasts=True, alone="host")
def storm(w, r):
    """Workers join and leave, well and badly, three times."""
    for _ in range(3):
        other = w.join("host2", first=20, workers=r.randint(1, 2))
        yield r.uniform(0.5, 2.5)
        if r.random() < 0.5:
            yield from w.leave(other)
        else:
            other.kill()
            w.hosts.remove(other)
        yield r.uniform(0.2, 1)


@fault(3)
def reload(w, r):
    """The configuration changes in mid-flow: SIGHUP."""
    h = w.hosts[0]
    before = h.status().get("reloads")
    if before is None:
        raise Missed
    h.interval = r.choice([50, 100, 200])
    h.write()
    h.signal(signal.SIGHUP)
    end = time.monotonic() + 12
    while h.status().get("reloads", before) == before and time.monotonic() < end:
        yield 0.1


@fault(1)
def reload_bad(w, r):
    """A configuration that is refused: the old one goes on."""
    h = w.hosts[0]
    h.write()
    text = h.config.read_text()
    h.config.write_text(r.choice([text.replace("workers:", "wrokers:"), text.replace("chaos_count", "chaos_nothing"), text[:200] + "\n {", ""]))
    h.signal(signal.SIGHUP)
    yield 1
    h.write()


@fault(1, lasts=True, alone="host")
def clock_step(w, r):
    """The workers' clock steps by up to an hour, back or ahead, then to where it was."""
    lib = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
    if not os.path.exists(lib):
        raise Absent
    h, rc = w.hosts[0], w.folder / "faketime"
    rc.write_text("+0\n")
    h.env = {"LD_PRELOAD": lib, "FAKETIME_TIMESTAMP_FILE": str(rc), "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
             "FAKETIME_DONT_RESET": "1"}
    h.signal(signal.SIGKILL)
    yield r.uniform(2, 3)
    rc.write_text(f"{r.choice([-3600, -600, -60, -5, 5, 60, 3600]):+d}\n")
    yield r.uniform(2.5, 4)
    h.env = {}
    if r.random() < 0.5:
        rc.write_text("+0\n")
        yield r.uniform(1.5, 2.5)
    h.signal(signal.SIGKILL)


# ---- the plugin ----

@fault(3)
def plugin_crash(w, r):
    """The plugin aborts on a record or two."""
    w.trouble("crash", r.randint(1, 2))
    yield from taken(w, "crash")


@fault(2)
def plugin_hang(w, r):
    """The plugin hangs on a record."""
    w.trouble("hang", 1)
    yield from taken(w, "hang")


@fault(1)
def plugin_leak(w, r):
    """The plugin loses memory: some, or so much that its worker is begun anew."""
    w.trouble("leak", r.choice([50, 200, 900, 1200]))
    yield from taken(w, "leak")


@fault(3)
def plugin_retry(w, r):
    """The plugin says RETRY to some records."""
    w.trouble("retry", r.randint(1, 30))
    yield from taken(w, "retry")


@fault(3)
def plugin_lost(w, r):
    """The plugin's instance says that it is broken."""
    w.trouble("lost", r.randint(1, 4))
    yield from taken(w, "lost")


def taken(w, kind):
    """Until the plugins have had their share; at the latest when they are let off."""
    end = time.monotonic() + 10
    while w.trouble_left(kind) > 0 and time.monotonic() < end:
        yield 0.1
    w.trouble(kind, 0)


@fault(3)
def poison(w, r):
    """Every third record of a burst is poisoned."""
    n = r.randint(3, 60) * 100
    w.judge(f"burst {n}")
    yield n / w.rate
