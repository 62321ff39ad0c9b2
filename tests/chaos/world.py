"""The world that faults are done to: a Kafka of three nodes, hosts that run Tocsin, the judge. See README.md here."""
import json
import mmap
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
PARTITIONS = 8
TOPICS = ["chaos.in", "chaos.mid", "chaos.out", "chaos.ticks", "chaos.alarms"]
PAGE = ["crash", "hang", "leak", "retry", "lost"]      # int32 each; trouble.h
APP = "chaos"

CONFIG = """# tests/chaos: stateless, then stateful with timers
app: {app}
kafka:
  bootstrap.servers: {bootstrap}
  session.timeout.ms: 6000
  heartbeat.interval.ms: 1500
  transaction.timeout.ms: 5000
plugins: {plugins}
run_dir: {run}
http: off
topics: {{create: true}}
shutdown: {{timeout: 10s}}
pipelines:
  pass:
    plugin: chaos_pass
    workers: {workers}
    partitions: {partitions}
    retry: {{backoff_max: 1s}}
    ports: {{in: chaos.in, out: chaos.mid}}
  count:
    plugin: chaos_count
    workers: {workers}
    partitions: {partitions}
    commit: {{interval: {interval}ms}}
    time: {{lateness: 1s, idle: 5s}}
    retry: {{backoff_max: 1s}}
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


class Kafka:
    def __init__(self, folder, port, nodes=3):
        self.env = dict(os.environ, KAFKA_DIR=str(folder / "kafka"), KAFKA_PORT=str(port), KAFKA_HEAP="-Xms192m -Xmx512m")
        self.folder, self.nodes, self.port = folder / "kafka", nodes, port

    def __call__(self, *args):
        p = subprocess.run([ROOT / "scripts/kafka", *map(str, args)], env=self.env, capture_output=True, text=True)
        if p.returncode:
            raise RuntimeError(f"kafka {args}: {p.stdout[-500:]}{p.stderr[-500:]}")
        return p.stdout.strip()

    def up(self):
        self.bootstrap = self("up", "-n", self.nodes)

    def pid(self, node):
        return int((self.folder / f"node{node}" / "pid").read_text())

    def alive(self, node):
        try:
            os.kill(self.pid(node), 0)
            return True
        except OSError:
            return False

    def ports(self, node):
        p = self.port + 100 * (node - 1)
        return p, p + 1


class Host:
    """One machine: a supervisor, restarted as init would."""
    def __init__(self, world, name, first=0, workers=2):
        self.world, self.name, self.first, self.workers = world, name, first, workers
        self.run_dir = world.folder / name
        self.run_dir.mkdir(mode=0o700, exist_ok=True)
        self.config = self.run_dir / "tocsin.yaml"
        self.log = open(world.folder / f"{name}.log", "ab")
        self.interval = 100
        self.process, self.wanted, self.deaths, self.env = None, False, 0, {}

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

    def stop(self, seconds=20):
        self.wanted = False
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                return self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                return None

    def ask(self, verb):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(3)
            s.connect(str(self.run_dir / f"{APP}.sock"))
            s.sendall(json.dumps({"verb": verb}).encode() + b"\n")
            return json.loads(s.makefile().readline())

    def workers_now(self):
        try:
            return [w for w in self.ask("status")["workers"] if w["pid"]]
        except (OSError, ValueError):
            return []


class Judge:
    def __init__(self, world, keys, rate, seed):
        cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tocsin"
        libs = f"{cache}/kafka-3.9.1/*:{cache}/avro-1.11.4/*"
        classes = world.folder / "judge"
        subprocess.run(["javac", "-d", classes, "-cp", libs, *sorted((HERE / "judge").glob("*.java"))], check=True)
        logging = f"-Dlog4j.configuration=file:{ROOT}/scripts/kafka.d/log4j.properties"
        topics = ["chaos.in", "chaos.out", "chaos.ticks", "chaos.alarms", f"__tocsin.{APP}.count.changelog",
                  f"__tocsin.{APP}.pass.dlq", f"__tocsin.{APP}.count.dlq"]
        self.process = subprocess.Popen(
            ["java", "-Xmx1g", "-XX:+UseSerialGC", logging, "-cp", f"{classes}:{libs}", "Judge", world.kafka.bootstrap, ",".join(topics),
             str(ROOT / "schemas/DeadLetter.avsc"), str(PARTITIONS), str(keys), str(rate), str(seed)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(world.folder / "judge.log", "ab"), text=True)
        json.loads(self.process.stdout.readline())

    def __call__(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the judge ended; see judge.log")
        return json.loads(answer)


class World:
    def __init__(self, folder, tocsin, plugins, port):
        self.folder, self.tocsin, self.plugins = pathlib.Path(folder), str(tocsin), str(plugins)
        self.kafka = Kafka(self.folder, port)
        self.page_file = self.folder / "page"
        self.page_file.write_bytes(bytes(4096))
        self.page_fd = os.open(self.page_file, os.O_RDWR)
        self.page = mmap.mmap(self.page_fd, 4096)
        self.hosts = []
        self.judge = None

    def trouble(self, kind, n):
        struct.pack_into("i", self.page, 4 * PAGE.index(kind), n)

    def troubles(self):
        return dict(zip(PAGE, struct.unpack_from(f"{len(PAGE)}i", self.page)))

    def begin(self, keys, rate, seed):
        self.kafka.up()
        for t in TOPICS:
            self.kafka("topic", t, PARTITIONS)
        host = Host(self, "host0")
        self.hosts.append(host)
        host.start()
        until(lambda: len([w for w in host.workers_now() if w["state"] == "ready"]) == 4, 60, "the workers are not ready")
        self.judge = Judge(self, keys, rate, seed)

    def init(self):
        for h in self.hosts:
            h.init()

    def workers(self):
        return [dict(w, host=h) for h in self.hosts for w in h.workers_now()]

    def end(self):
        if self.judge:
            self.judge.process.kill()
        for h in self.hosts:
            h.wanted = False
            if h.process and h.process.poll() is None:
                h.process.send_signal(signal.SIGCONT)
                h.process.kill()
                h.process.wait()
        for n in range(1, self.kafka.nodes + 1):
            try:
                os.kill(self.kafka.pid(n), signal.SIGCONT)
            except (OSError, ValueError):
                pass
        self.kafka("down")
