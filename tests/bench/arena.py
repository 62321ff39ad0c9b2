"""Where contestants meet: one Kafka on one core, contestants on another, the tools that fill topics, watch and check."""
import dataclasses
import os
import pathlib
import random
import select
import shutil
import signal
import subprocess
import sys
import time

import contestants

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TICK = os.sysconf("SC_CLK_TCK")
USUAL = "10000/232"          # shape of a stream: loops/bytes; peers/tool/workload.h
PARTITIONS = 8
STALL_S = 120                # without a commit: it will not come
FROM, UNTIL = 0.5, 0.9       # of a backlog: what is measured
LOOK_S = 0.25                # between two looks at the memory


class Refused(RuntimeError):
    """A contestant did something else than its job; its figures count for nothing."""


def now_us():
    return time.time_ns() // 1000


def say(text, end="\n"):
    print(text, end=end, file=sys.stderr, flush=True)


# ---- what processes use --------------------------------------------------------------------------------------------

def _stat(pid):
    """Fields of /proc/PID/stat after the name, or None when the process has gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def family(leader):
    """The living processes of the session that LEADER leads: a contestant with all its workers."""
    return [int(e.name) for e in os.scandir("/proc") if e.name.isdigit() and (f := _stat(e.name)) and int(f[3]) == leader]


def cpu_of(pid):
    """CPU seconds of one process, all its threads, ended ones as well, by the scheduler's clock."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def cpu(leader):
    """CPU seconds of the contestant: its living processes, and the ended ones that its leader has waited for."""
    ended = sum(map(int, (_stat(leader) or ["0"] * 15)[13:15])) / TICK
    return ended + sum(map(cpu_of, family(leader)))


def memory(leader):
    """MiB resident in all processes of the contestant, shared pages counted once (PSS)."""
    total = 0
    for pid in family(leader):
        try:
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            pass
    return total / 1024


@dataclasses.dataclass(frozen=True)
class Backlog:
    topic: str
    shape: str
    partitions: int
    records: int
    expected: dict           # by job: [records, checksum]


class Arena:
    def __init__(self, build, work, port, cpus):
        self.build, self.work, self.port = pathlib.Path(build), pathlib.Path(work), port
        self.broker_core, self.core = cpus
        self.bootstrap = f"127.0.0.1:{port}"
        self.env = dict(os.environ, KAFKA_DIR=str(self.work / "kafka"), KAFKA_PORT=str(port), BENCH_BOOTSTRAP=self.bootstrap)
        self.backlogs = {}
        # The load, the watch and this program share the broker's core and go before it; only root may do the latter.
        self.aside = ["taskset", "-c", self.broker_core] + (["nice", "-n", "-5"] if os.geteuid() == 0 else [])

    def kafka(self, *words):
        done = subprocess.run([ROOT / "scripts/kafka", *words], env=self.env, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"scripts/kafka {' '.join(words)}: {done.stderr[-800:]}")

    def __enter__(self):
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        os.sched_setaffinity(0, {int(self.broker_core)})
        try:
            self.kafka("up", "--cpu", self.broker_core)
        except BaseException:
            self.kafka("down")
            raise
        self.broker = int((self.work / "kafka/node1/pid").read_text())
        return self

    def __exit__(self, kind, *_):
        self.kafka("down")
        if kind is None and not list(self.work.glob("runs/*")):      # the logs of whom it refused stay
            shutil.rmtree(self.work, ignore_errors=True)

    def tool(self, *words):
        done = subprocess.run([self.build / "tests/bench/bench_tool", *map(str, words)], env=self.env, capture_output=True, text=True)
        if done.returncode:
            raise Refused(f"bench_tool {' '.join(map(str, words))}: {done.stderr.strip()[-400:]}")
        return done.stdout

    def aside_start(self, *words):
        """A tool that runs beside the contestant, on the broker's core."""
        return subprocess.Popen([*self.aside, self.build / "tests/bench/bench_tool", *map(str, words)], env=self.env, text=True,
                                stdout=subprocess.PIPE, stderr=open(self.work / "aside.log", "a"))

    def backlog(self, records, shape=USUAL, partitions=PARTITIONS):
        """A topic with so many events, filled at most once, and what each job must make of it."""
        topic = f"events.{records}.{shape.replace('/', '.')}.{partitions}"
        if topic not in self.backlogs:
            say(f"  filling {topic} …")
            self.tool("create", partitions, topic)
            self.backlogs[topic] = Backlog(topic, shape, partitions, records, parse_expected(self.tool("fill", topic, shape, records)))
        return self.backlogs[topic]

    def forget_all_but(self, shape):
        """The disk is the page cache's: what is not needed any more makes room."""
        for topic, backlog in list(self.backlogs.items()):
            if backlog.shape != shape:
                del self.backlogs[topic]
                self.tool("delete", topic)

    def check(self, outs, expected):
        for out in outs:
            found = self.tool("check", out).split()
            if found != expected:
                raise Refused(f"{out}: {found[0]} records with checksum {found[1]}, not {expected[0]} with {expected[1]}")

    def start(self, order, topic, partitions=PARTITIONS):
        return Run(self, order, topic, partitions)

    def drain(self, order, backlog, measured=True):
        """Lets the contestant take the whole backlog and measures it; Refused unless the outputs are right. The figures are from
        FROM to UNTIL of the backlog: starts, most of a JIT, and the end, where nothing is fetched ahead any more, are not in it."""
        total = backlog.records * order.pipelines
        marks, peak = [], 0
        with self.start(order, backlog.topic, backlog.partitions) as run:
            for at, come in run.follow():
                if at is None:
                    peak = max(peak, memory(run.leader))
                    continue
                if len(marks) < 2 and come >= total * (FROM, UNTIL)[len(marks)]:
                    marks.append((at, come, cpu(run.leader), cpu_of(self.broker)))
                if come >= total:
                    break
            peak = max(peak, memory(run.leader))
            run.stop()
            self.check(run.outs, backlog.expected[order.job])
        if not measured:
            return {}
        if len(marks) < 2:
            raise Refused("the backlog is too small: too few commits to tell its beginning from its end")
        wall, records, used, broker = (b - a for a, b in zip(*marks))
        return dict(k_per_cpu_s=records / used / 1e3, us_per_record=used / records * 1e6, k_per_s=records / wall * 1e3, rss_mib=peak,
                    broker_core=broker / wall * 1e6)


def parse_expected(text):
    return {word: rest for word, *rest in map(str.split, text.splitlines())}


class Run:
    """A contestant at work: its processes, topics and groups; gone, with all it left on the broker, at the end of `with`."""

    def __init__(self, arena, order, topic, partitions):
        self.arena, self.order, self.topic, self.partitions = arena, order, topic, partitions
        self.id = f"{order.who}-{order.job}-{order.mode}-{random.randrange(1 << 32):08x}".lower()
        self.folder = arena.work / "runs" / self.id
        self.folder.mkdir(parents=True)
        self.outs = [f"{self.id}.out{i}" for i in range(order.pipelines)]
        self.watcher = self.process = None
        self.log = open(self.folder / "log", "w")
        arena.tool("create", partitions, *self.outs, f"{self.id}.changelog:compact")
        self.deployment = contestants.deploy(arena, self)
        self.begin()

    def begin(self):
        command, env = self.deployment.command, self.deployment.env
        self.process = subprocess.Popen(["taskset", "-c", self.arena.core, *map(str, command)], env=dict(self.arena.env, **env),
                                        stdout=self.log, stderr=self.log, start_new_session=True)
        self.leader = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for tool in (self.watcher,):
            if tool:
                tool.kill()
                tool.wait()
        for pid in family(self.leader):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()
        self.arena.tool("delete", self.id, f"__tocsin.{self.id}")
        if kind is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def last_words(self):
        lines = (self.folder / "log").read_text(errors="replace").strip().splitlines()
        return "; its last words: " + " | ".join(lines[-3:]) if lines else ""

    def follow(self):
        """(instant in µs, records committed) each time that grows, (None, None) in between to look at other things. Refused when
        nothing grows any more."""
        if not self.watcher:
            self.watcher = self.arena.aside_start("watch", self.topic, *self.deployment.groups)
        grown = time.monotonic()
        looked = 0.0
        while True:
            if select.select([self.watcher.stdout], [], [], LOOK_S)[0]:
                line = self.watcher.stdout.readline()
                if not line:
                    raise RuntimeError("the watch has ended")
                grown = time.monotonic()
                yield tuple(map(int, line.split()))
            if time.monotonic() - looked >= LOOK_S:
                looked = time.monotonic()
                yield None, None
            if self.process.poll() is not None:
                raise Refused(f"{self.id} ended with {self.process.returncode}{self.last_words()}")
            if time.monotonic() - grown > STALL_S:
                raise Refused(f"{self.id} committed nothing for {STALL_S} s{self.last_words()}")

    def until(self, records):
        """Waits until so many are committed."""
        for _, come in self.follow():
            if come is not None and come >= records:
                return

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            pass             # __exit__ has the last word
