"""The faults of Kafka. Two nodes down at once is beyond what replication 3 promises: one is struck at a time, and only when all replicas
are in step."""
import os
import shutil
import signal
import subprocess
import time

import tidy
from faults import HARM, Absent, fault
from world import DISK_NODE, signal_to

WHOLE_S = 120


def whole(w):
    """Until the cluster has been seen whole by a look that began after now."""
    first, end = w.judge("status")["looks"], time.monotonic() + WHOLE_S
    while True:
        s = w.judge("status")
        if s["whole"] and s["looks"] >= first + 2:
            return
        if time.monotonic() > end:
            raise RuntimeError(f"the cluster is not whole within {WHOLE_S} s")
        yield 0.1


def struck(w, node, harm, seconds, heal):
    """Harms a node, yields how long that is to last, heals it (a generator) and waits until the cluster is whole."""
    yield from whole(w)
    w.ill = node() if callable(node) else node
    yield HARM
    harm(w.ill)
    yield seconds
    yield from heal(w.ill)
    yield from whole(w)
    w.ill = None


def anyone(r):
    return r.randint(1, 3)


def start(w, node):
    while w.kafka.alive(node):
        yield 0.05
    p = w.kafka.begin("start", node)
    while p.poll() is None:
        yield 0.1
    if p.returncode:
        raise RuntimeError(f"node {node} does not start: {p.stdout.read()[-1000:]}")


def kill_node(w, node, seconds):
    yield from struck(w, node, lambda n: signal_to(w.kafka.pid(n), signal.SIGKILL), seconds, lambda n: start(w, n))


@fault(3, lasts=True, alone="node")
def broker_kill(w, r):
    """kill -9 of a node."""
    yield from kill_node(w, anyone(r), r.uniform(0, 4))


@fault(1, lasts=True, alone="node")
def controller_kill(w, r):
    """kill -9 of the node that leads the quorum."""
    yield from kill_node(w, lambda: w.judge("status")["controller"], r.uniform(0, 4))


@fault(1, lasts=True, alone="node")
def broker_pause(w, r):
    """SIGSTOP of a node, for longer than its session lasts or not."""
    def go_on(n):
        signal_to(w.kafka.pid(n), signal.SIGCONT)
        yield 0
    yield from struck(w, anyone(r), lambda n: signal_to(w.kafka.pid(n), signal.SIGSTOP), r.uniform(1, 9), go_on)


@fault(3)
def leader_move(w, r):
    """Half of the partitions get another leader."""
    w.judge(f"move chaos. 0.5 {r.randrange(1 << 30)}")
    yield from moved(w)


@fault(3)
def coordinator_move(w, r):
    """Transaction and group coordinators move."""
    w.judge(f"move __transaction_state 0.7 {r.randrange(1 << 30)}")
    w.judge(f"move __consumer_offsets 0.7 {r.randrange(1 << 30)}")
    yield from moved(w)


def moved(w):
    while w.judge("status")["moving"]:
        yield 0.1


def nft(*words):
    return subprocess.run(["nft", *words], capture_output=True, text=True).returncode == 0


@fault(2, lasts=True, alone="node")
def net_cut(w, r):
    """Every packet to and from one node is dropped."""
    name = tidy.table(w.port)
    if os.geteuid() != 0 or not shutil.which("nft") or not nft("add", "table", "inet", name):
        raise Absent

    def cut(node):
        ports = "{%d,%d}" % w.kafka.ports(node)
        nft("add", "chain", "inet", name, "cut", "{ type filter hook input priority 0; }")
        nft("add", "rule", "inet", name, "cut", "tcp", "dport", ports, "drop")
        nft("add", "rule", "inet", name, "cut", "tcp", "sport", ports, "drop")

    def mend(node):
        nft("delete", "table", "inet", name)
        yield 0

    yield from struck(w, anyone(r), cut, r.uniform(1, 9), mend)


@fault(1, lasts=True, alone="node")
def disk_full(w, r):
    """A node's data folder fills up; Kafka ends itself; room is made and it starts again."""
    if not w.kafka.disk:
        raise Absent
    filler = w.kafka.folder / f"node{DISK_NODE}" / "data" / "filler"

    def fill(node):
        size = 1 << 30
        with open(filler, "wb") as f:
            while size >= 4096:
                try:
                    os.posix_fallocate(f.fileno(), f.seek(0, 2), size)
                except OSError:
                    size //= 2

    def make_room(node):
        filler.unlink()
        signal_to(w.kafka.pid(node), signal.SIGKILL)
        yield 0.2
        yield from start(w, node)

    yield from struck(w, DISK_NODE, fill, r.uniform(2, 5), make_room)
