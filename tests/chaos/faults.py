"""The faults. Each is a generator function: it does its harm, yields how long it is to last (seconds), and heals what does not heal
by itself. What a fault needs and this machine lacks makes it answer None before the first yield: it is left out, and the report says so."""
import os
import shutil
import signal
import subprocess

from world import Host, until

POINTS = ["begin", "after_record", "before_changelog", "after_changelog", "before_offsets", "before_commit", "after_commit",
          "before_apply", "after_apply", "before_rewind", "in_restore"]
NAMED = []


def fault(f):
    NAMED.append(f)
    return f


def victim(w, r, pipeline=None):
    """A live worker; None while there is none."""
    alive = [x for x in w.workers() if pipeline in (None, x["pipeline"])]
    return r.choice(alive) if alive else None


def kill(pid, sig):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass


# ---- Tocsin's own processes ----

@fault
def worker_kill(w, r):
    """kill -9 of one worker."""
    v = victim(w, r)
    if v:
        kill(v["pid"], signal.SIGKILL)
    yield 0


@fault
def workers_kill(w, r):
    """kill -9 of all workers of a pipeline at once."""
    pipeline = r.choice(["pass", "count"])
    for v in w.workers():
        if v["pipeline"] == pipeline:
            kill(v["pid"], signal.SIGKILL)
    yield 0


@fault
def failpoint(w, r):
    """A worker dies, and its next life dies at a named point of the turn."""
    v = victim(w, r)
    if v:
        v["host"].failpoint().write_text(f"{r.choice(POINTS)}:{r.randint(1, 400)}")
        kill(v["pid"], signal.SIGKILL)
    yield r.uniform(1, 3)
    for h in w.hosts:
        h.failpoint().unlink(missing_ok=True)


@fault
def supervisor_kill(w, r):
    """kill -9 of the supervisor: its workers die with it, init starts it again."""
    kill(w.hosts[0].process.pid, signal.SIGKILL)
    yield 0


@fault
def worker_pause(w, r):
    """SIGSTOP for longer than the session and the transaction last, then SIGCONT: a zombie that must be fenced."""
    v = victim(w, r)
    if v:
        kill(v["pid"], signal.SIGSTOP)
    yield r.uniform(7, 9)
    if v:
        kill(v["pid"], signal.SIGCONT)


@fault
def zombie(w, r):
    """SIGSTOP of a whole host; meanwhile another host takes its work over; then SIGCONT."""
    h = w.hosts[0]
    pids = [h.process.pid] + [x["pid"] for x in h.workers_now()]
    other = Host(w, "host1", first=10)
    other.start()
    w.hosts.append(other)
    for p in pids:
        kill(p, signal.SIGSTOP)
    yield r.uniform(9, 12)
    for p in reversed(pids):
        kill(p, signal.SIGCONT)
    other.stop()
    w.hosts.remove(other)


@fault
def storm(w, r):
    """Workers join and leave, three times."""
    for i in range(3):
        other = Host(w, "host2", first=20, workers=r.randint(1, 2))
        other.start()
        w.hosts.append(other)
        yield r.uniform(0.5, 2.5)
        if r.random() < 0.5:
            other.stop()
        else:
            other.wanted = False
            other.process.kill()
            other.process.wait()
        w.hosts.remove(other)
        yield r.uniform(0.2, 1)


@fault
def reload(w, r):
    """The configuration changes in mid-flow: SIGHUP."""
    h = w.hosts[0]
    h.interval = r.choice([20, 50, 100, 200])
    h.write()
    kill(h.process.pid, signal.SIGHUP)
    yield 0


@fault
def clock_step(w, r):
    """The clock of new lives of the workers is off, by up to an hour either way."""
    lib = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
    if not os.path.exists(lib):
        return
    h = w.hosts[0]
    h.env = {"LD_PRELOAD": lib, "FAKETIME": f"{r.randint(-3600, 3600):+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
             "FAKETIME_DONT_RESET": "1"}
    kill(h.process.pid, signal.SIGKILL)
    yield r.uniform(3, 6)
    h.env = {}
    kill(h.process.pid, signal.SIGKILL)


# ---- the plugin ----

@fault
def plugin_crash(w, r):
    w.trouble("crash", r.randint(1, 2))
    yield 0


@fault
def plugin_hang(w, r):
    w.trouble("hang", 1)
    yield 0


@fault
def plugin_leak(w, r):
    w.trouble("leak", r.randint(100, 1500))
    yield 0


@fault
def plugin_retry(w, r):
    w.trouble("retry", r.randint(1, 30))
    yield 0


@fault
def plugin_lost(w, r):
    w.trouble("lost", r.randint(1, 4))
    yield 0


@fault
def poison(w, r):
    """Every third record of a burst is poisoned."""
    w.judge(f"burst {r.randint(3, 60) * 100}")
    yield 0


# ---- Kafka ----

def strike(w, r, node=None):
    """A node that may be struck: never two at once, or the cluster could not be expected to serve."""
    if w.ill or not w.judge("whole")["ok"]:
        return None
    node = node or r.randint(1, w.kafka.nodes)
    w.ill.add(node)
    return node


def well(w, node):
    until(lambda: w.judge("whole")["ok"], 120, f"the cluster is not whole after node {node} came back")
    w.ill.discard(node)


def struck(w, node, harm, seconds, heal):
    """Harms a node, yields how long that is to last, heals it and waits until the cluster is whole. node None: only the wait."""
    if node:
        harm(node)
    yield seconds
    if node:
        heal(node)
        well(w, node)


def kill_node(w, node, seconds):
    yield from struck(w, node, lambda n: w.kafka("kill", n), seconds, lambda n: w.kafka("start", n))


@fault
def broker_kill(w, r):
    yield from kill_node(w, strike(w, r), r.uniform(0, 5))


@fault
def controller_kill(w, r):
    yield from kill_node(w, strike(w, r, w.judge("controller").get("node")), r.uniform(0, 5))


@fault
def broker_pause(w, r):
    yield from struck(w, strike(w, r), lambda n: w.kafka("pause", n), r.uniform(2, 12), lambda n: w.kafka("resume", n))


@fault
def leader_move(w, r):
    w.judge(f"move chaos. 0.5 {r.randrange(1 << 30)}")
    yield 0


@fault
def coordinator_move(w, r):
    """Transaction and group coordinators move."""
    w.judge(f"move __transaction_state 0.7 {r.randrange(1 << 30)}")
    w.judge(f"move __consumer_offsets 0.7 {r.randrange(1 << 30)}")
    yield 0


def nft(*words):
    return subprocess.run(["nft", *words], capture_output=True, text=True).returncode == 0


@fault
def net_cut(w, r):
    """Every packet to and from one node is dropped."""
    if os.geteuid() != 0 or not shutil.which("nft") or not nft("add", "table", "inet", "tocsin_chaos"):
        return
    nft("add", "chain", "inet", "tocsin_chaos", "cut", "{ type filter hook input priority 0; }")

    def cut(node):
        ports = "{%d,%d}" % w.kafka.ports(node)
        nft("add", "rule", "inet", "tocsin_chaos", "cut", "tcp", "dport", ports, "drop")
        nft("add", "rule", "inet", "tocsin_chaos", "cut", "tcp", "sport", ports, "drop")

    node = strike(w, r)
    yield from struck(w, node, cut, r.uniform(2, 12), lambda n: nft("delete", "table", "inet", "tocsin_chaos"))
    if not node:
        nft("delete", "table", "inet", "tocsin_chaos")


@fault
def disk_full(w, r):
    """A node's data folder fills up; Kafka ends itself; room is made and it starts again."""
    data = w.kafka.folder / "node3" / "data"
    if not os.path.ismount(data):
        return
    filler = data / "filler"

    def fill(node):
        with open(filler, "wb") as f:
            try:
                while True:
                    f.write(bytes(1 << 20))
                    f.flush()
            except OSError:
                pass

    def make_room(node):
        filler.unlink()
        w.kafka("kill", node)
        w.kafka("start", node)

    yield from struck(w, strike(w, r, 3), fill, r.uniform(4, 8), make_room)
