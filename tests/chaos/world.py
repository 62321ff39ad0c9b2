"""The world that faults are done to: a Kafka of three nodes, hosts that run Tocsin, the judge. See README.md here."""
import json
import mmap
import os
import pathlib
import select
import signal
import socket
import struct
import subprocess
import time

import tidy

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
PARTITIONS = 6
NODES = 3
DISK_NODE = 3             # its data folder is a small file system of its own, where that can be
DISK_BYTES = 3 << 30
APP = "chaos"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tocsin"
READ = ["chaos.in", "chaos.out", "chaos.ticks", "chaos.alarms", f"__tocsin.{APP}.count.changelog", f"__tocsin.{APP}.pass.dlq",
        f"__tocsin.{APP}.count.dlq"]
OTHERS = ["chaos.mid"]
PAGE = ["crash", "hang", "leak", "retry", "lost"]      # int32 each; trouble.h

# Three brokers, workers and the judge share two cores: little heap, one garbage collector without threads of its own, one compiler
# (nodes never live long enough for the better one to pay), followers that fetch a hundred times a second rather than for every record, and
# a short session: a node that was killed is not let in again before its old session has ended.
JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
BROKER = """replica.fetch.min.bytes=65536
replica.fetch.wait.max.ms=10
num.network.threads=1
num.io.threads=2
log.cleaner.dedupe.buffer.size=8388608
log.cleaner.backoff.ms=3000
log.retention.check.interval.ms=10000
log.initial.task.delay.ms=5000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""

CONFIG = """# tests/chaos: stateless, then stateful with timers
app: {app}
kafka:
  bootstrap.servers: {bootstrap}
  session.timeout.ms: 6000
  heartbeat.interval.ms: 1500
  transaction.timeout.ms: 5000
  linger.ms: 10
plugins: {plugins}
run_dir: {run}
http: off
log: {{format: json}}
topics: {{create: true}}
shutdown: {{timeout: 10s}}
pipelines:
  pass:
    plugin: chaos_pass
    workers: {workers}
    partitions: {partitions}
    commit: {{interval: {interval}ms}}
    process: {{timeout: 2s}}
    retry: {{backoff_max: 1s, attempts: 100}}
    ports: {{in: chaos.in, out: chaos.mid}}
  count:
    plugin: chaos_count
    workers: {workers}
    partitions: {partitions}
    commit: {{interval: {interval}ms}}
    process: {{timeout: 2s}}
    time: {{lateness: 1s, idle: 5s}}
    retry: {{backoff_max: 1s, attempts: 100}}
    ports: {{in: chaos.mid, out: chaos.out, ticks: chaos.ticks, alarms: chaos.alarms}}
"""


def until(what, seconds, why):
    end = time.monotonic() + seconds
    while True:
        v = what()
        if v:
            return v
        if time.monotonic() > end:
            raise RuntimeError(f"{why}: not within {seconds} s")
        time.sleep(0.05)


def signal_to(pid, sig):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass


class Kafka:
    def __init__(self, folder, port):
        self.folder, self.port = folder / "kafka", port
        self.env = dict(os.environ, KAFKA_DIR=str(self.folder), KAFKA_PORT=str(port), KAFKA_HEAP="-Xms256m -Xmx384m", KAFKA_TIER="1",
                        KAFKA_JVM=JVM, KAFKA_SET=BROKER)

    def archive(self):
        """Loaded classes, kept from run to run: a node starts in half the time. Without it everything works, too."""
        file = CACHE / "chaos.jsa"
        if not file.exists():
            self.env["KAFKA_JVM"] = f"{JVM} -XX:ArchiveClassesAtExit={file}"
            self("up", "-n", 1)
            self("stop", 1)
            self("down")
        self.env["KAFKA_JVM"] = f"{JVM} -XX:SharedArchiveFile={file}"

    def begin(self, *args):
        """scripts/kafka, in the background."""
        return subprocess.Popen([ROOT / "scripts/kafka", *map(str, args)], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True)

    def __call__(self, *args):
        p = self.begin(*args)
        text = p.communicate()[0]
        if p.returncode:
            raise RuntimeError(f"kafka {args}: {text[-1000:]}")
        return text.strip()

    def up(self):
        self.archive()
        data = self.folder / f"node{DISK_NODE}" / "data"
        data.mkdir(parents=True)
        self.disk = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "chaos", data],
                                                         stderr=subprocess.DEVNULL).returncode == 0
        self.bootstrap = self("up", "-n", NODES).splitlines()[-1]

    def pid(self, node):
        return int((self.folder / f"node{node}" / "pid").read_text())

    def alive(self, node):
        try:
            os.kill(self.pid(node), 0)
            return True
        except ProcessLookupError:
            return False

    def ports(self, node):
        p = self.port + 100 * (node - 1)
        return p, p + 1


class Host:
    """One machine: a supervisor, restarted as init would."""
    def __init__(self, world, name, first=0, workers=2, env=None):
        self.world, self.name, self.first, self.workers = world, name, first, workers
        self.run_dir = world.folder / name
        self.run_dir.mkdir(mode=0o700, exist_ok=True)
        self.config = self.run_dir / "tocsin.yaml"
        self.log_file = world.folder / f"{name}.log"
        self.log = open(self.log_file, "ab")
        self.interval = 100
        self.process, self.wanted, self.paused, self.deaths, self.env = None, False, False, 0, env or {}

    def write(self):
        self.config.write_text(CONFIG.format(app=APP, bootstrap=self.world.kafka.bootstrap, plugins=self.world.plugins, run=self.run_dir,
                                             workers=self.workers, partitions=PARTITIONS, interval=self.interval))

    def start(self):
        self.write()
        env = dict(os.environ, TOCSIN_CHAOS_PAGE=str(self.world.page_file), TOCSIN_FAILPOINT_FILE=str(self.failpoint()), **self.env)
        args = [self.world.tocsin, "run", str(self.config)] + (["--first-ordinal", str(self.first)] if self.first else [])
        self.process = subprocess.Popen(args, stderr=self.log, stdout=self.log, env=env)
        self.wanted = True

    def failpoint(self):
        return self.run_dir / "failpoint"

    def init(self):
        """What init does: start again what ended."""
        if self.wanted and self.process and self.process.poll() is not None:
            self.deaths += 1
            self.start()

    def signal(self, sig):
        signal_to(self.process.pid, sig)

    def kill(self):
        """For good, or until start()."""
        self.wanted = False
        self.signal(signal.SIGKILL)
        self.process.wait()

    def ask(self, verb):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(1)
            s.connect(str(self.run_dir / f"{APP}.sock"))
            s.sendall(json.dumps({"verb": verb}).encode() + b"\n")
            return json.loads(s.makefile().readline())

    def status(self):
        try:
            return {} if self.paused else self.ask("status")
        except (OSError, ValueError):
            return {}

    def workers_now(self):
        return [w for w in self.status().get("workers", []) if w["pid"]]


class Judge:
    def __init__(self, world, keys, rate, seed, classes, libs):
        logging = f"-Dlog4j.configuration=file:{ROOT}/scripts/kafka.d/log4j.properties"
        self.world = world
        self.process = subprocess.Popen(
            ["java", "-Xmx1g", "-XX:+UseSerialGC", logging, "-cp", f"{classes}:{libs}", "Judge", world.kafka.bootstrap, ",".join(READ),
             ",".join(OTHERS), str(ROOT / "schemas/DeadLetter.avsc"), str(PARTITIONS), str(keys), str(rate), str(seed)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(world.folder / "judge.log", "ab"), text=True)
        self.read()

    def read(self):
        while not select.select([self.process.stdout], [], [], 0.05)[0]:
            self.world.init()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the judge ended; see judge.log")
        return json.loads(answer)

    def __call__(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.read()


class World:
    def __init__(self, folder, tocsin, plugins, port):
        self.folder, self.tocsin, self.plugins, self.port = pathlib.Path(folder), str(tocsin), str(plugins), port
        self.guard = tidy.begin(self.folder, port)
        self.kafka = Kafka(self.folder, port)
        self.page_file = self.folder / "page"
        self.page_file.write_bytes(bytes(4096))
        self.page_fd = os.open(self.page_file, os.O_RDWR)
        self.page = mmap.mmap(self.page_fd, 4096)
        self.hosts = []
        self.judge = None
        self.rate = 0
        self.ill = None           # the node that is struck

    def trouble(self, kind, n):
        struct.pack_into("i", self.page, 4 * PAGE.index(kind), n)

    def trouble_left(self, kind):
        return struct.unpack_from("i", self.page, 4 * PAGE.index(kind))[0]

    def begin(self, keys, rate, seed):
        self.rate = rate
        libs = f"{CACHE}/kafka-3.9.1/*:{CACHE}/avro-1.11.4/*"
        classes = self.folder / "judge"
        javac = subprocess.Popen(["javac", "-d", classes, "-cp", libs, *sorted((HERE / "judge").glob("*.java"))])
        self.kafka.up()
        if javac.wait():
            raise RuntimeError("the judge does not compile")
        self.judge = Judge(self, keys, rate, seed, classes, libs)
        host = Host(self, "host0")
        self.hosts.append(host)
        host.start()
        until(lambda: len([w for w in host.workers_now() if w["state"] == "ready"]) == 4, 60, "the workers are not ready")

    def init(self):
        for h in self.hosts:
            h.init()

    def join(self, name, first, workers=2):
        """One more host, at once. (Its log goes on where one of that name ended.)"""
        h = Host(self, name, first=first, workers=workers)
        h.start()
        self.hosts.append(h)
        return h

    def leave(self, h):
        """As a service manager stops it; a generator, for that takes time."""
        h.wanted = False
        h.signal(signal.SIGTERM)
        end = time.monotonic() + 20
        while h.process.poll() is None:
            if time.monotonic() > end:
                h.kill()
            yield 0.1
        self.hosts.remove(h)

    def workers(self):
        return [dict(w, host=h) for h in self.hosts for w in h.workers_now()]

    def end(self):
        tidy.end(self.guard)
