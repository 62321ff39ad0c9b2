"""The contests under a load that does not wait: latency and recovery; and what two programs of their own measure, poison and idle."""
import json
import os
import signal
import subprocess
import time

import figures
from arena import PARTITIONS, USUAL, Refused, family, cpu, memory, now_us, parse_expected, say
from contestants import Order
from contests import Contest

START_S = 1.0                # from the order to the first event: all tools are connected by then
GRACE_US = 50_000            # a commit that was on its way when the worker was killed arrives at the broker within


class Load:
    """An open loop into a topic of its own, in a `with`."""

    def __init__(self, arena, rate, seconds):
        self.arena, self.topic = arena, f"load.{now_us()}"
        arena.tool("create", PARTITIONS, self.topic)
        self.start_us = now_us() + int(START_S * 1e6)
        self.process = arena.aside_start("pace", self.topic, USUAL, self.start_us, rate, seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.arena.tool("delete", self.topic)

    def end(self):
        """All that was sent, and what must become of it."""
        said = parse_expected(self.process.communicate()[0])
        if self.process.returncode:
            raise RuntimeError("the load could not be sent")
        return said


class Latency(Contest):
    name, title = "latency", "Open loop, 20,000 events/s: from the instant an event was meant to be sent to its alert at a reader, ms"
    keys = ["guarantee", "commit", "contestant"]
    columns = [("p50", "p50"), ("p99", "p99"), ("p999", "p99.9"), ("core", "core used"), ("rss_mib", "MiB")]

    def orders(self):
        return [Order(who, "J1", mode, commit_ms=ms) for mode in ("eos", "alo") for who, ms in (("tocsin", 100), ("streams", 100), ("tocsin", 20))]

    def rounds(self):
        return min(self.o.rounds, 2)

    def seconds(self):
        return len(self.orders()) * self.rounds() * (self.o.warm_s + self.o.open_s + START_S + 4)

    def rows(self, arena):
        for round_ in range(self.rounds()):
            for order in self.orders():
                row = self.one(arena, order)
                say(f"  round {round_ + 1}/{self.rounds()}: {order} {order.commit_ms} ms: " + ", ".join(f"{k} {figures.number(v)}" for k, v in row.items()))
                yield dict(guarantee=order.mode, commit=f"{order.commit_ms} ms", contestant=order.who, round=round_, **row)

    def one(self, arena, order):
        warm, seconds = self.o.warm_s, self.o.open_s
        with Load(arena, self.o.rate, warm + seconds) as load, arena.start(order, load.topic) as run:
            counted = load.start_us + warm * 1_000_000
            sink = arena.aside_start("sink", run.outs[0], counted)
            try:
                time.sleep(max(0, (counted - now_us()) / 1e6))
                before = now_us(), cpu(run.leader)
                said = load.end()
                after = now_us(), cpu(run.leader)
                peak = memory(run.leader)
                run.until(int(said["in"][0]))
                run.stop()
                sink.terminate()
                found = parse_expected(sink.communicate()[0])
                if sink.returncode:
                    raise RuntimeError(f"the sink has ended; see {arena.work}/aside.log")
            finally:
                sink.kill()
                sink.wait()
            arena.check(run.outs, said["J1"])
        return dict({q: float(found[q][0]) for q in ("p50", "p99", "p999")}, core=(after[1] - before[1]) / (after[0] - before[0]) * 1e6, rss_mib=peak,
                    late_ms=float(said["late_ms"][0]))

    def judge(self, rows):
        for q in ("p50", "p99"):
            by = figures.medians(rows, ["contestant", "guarantee", "commit"], q)
            for mode, text in (("eos", "exactly once"), ("alo", "at least once")):
                figures.at_most(f"{q} in ms, {text} (bound: Kafka Streams')", by["tocsin", mode, "100 ms"], by["streams", mode, "100 ms"])


class Recovery(Contest):
    """kill -9 under a load of 20,000 events/s, exactly once, until the group's committed offsets grow again."""
    name, title = "recovery", "From kill -9 to the first commit after it, exactly once, under 20,000 events/s"
    keys, columns = ["job", "contestant"], [("seconds", "median s"), ("worst", "worst s")]
    CALM_S = 4               # between two deaths: the backlog of the last one is worked off

    def lots(self):
        n = 4 if self.o.rounds > 1 else 2
        for job in ("J1", "J2"):
            yield Order("tocsin", job), n
            yield Order("streams", job, special="static"), n
        if self.o.rounds > 1:
            yield Order("streams", "J2"), 1

    def seconds(self):
        cost = {"tocsin": 1, "streams": 8}
        return sum(12 + n * (self.CALM_S + cost[o.who] + (0 if o.special or o.who == "tocsin" else 45)) for o, n in self.lots())

    def rows(self, arena):
        for order, n in self.lots():
            took = self.one(arena, order, n)
            name = {"tocsin": "tocsin, restarted by its supervisor", "streamsstatic": "streams, static member, restarted at once",
                    "streams": "streams as it comes, restarted at once"}[order.who + order.special]
            for t in took:
                yield dict(job=order.job, contestant=name, who=order.who, special=order.special, seconds=t, worst=max(took))

    @staticmethod
    def kill(run):
        """The process that does the work; Tocsin's supervisor and, here, this program restart it."""
        if run.order.who == "tocsin":
            workers = [p for p in family(run.leader) if p != run.leader]
            if len(workers) != 1:
                raise RuntimeError(f"{len(workers)} workers where there should be one")
            os.kill(workers[0], signal.SIGKILL)
            return
        os.kill(run.leader, signal.SIGKILL)
        run.process.wait()
        run.begin()

    def one(self, arena, order, n):
        took = []
        with Load(arena, self.o.rate, 3600) as load, arena.start(order, load.topic) as run:
            due = killed = None              # the first death is due after the first commit
            for at, _ in run.follow():
                if due is None and at is not None:
                    due = at + 2 * self.CALM_S * 1_000_000
                elif due is not None and killed is None and now_us() >= due:
                    killed = now_us()
                    self.kill(run)
                elif killed is not None and at is not None and at > killed + GRACE_US:
                    took.append((at - killed) / 1e6)
                    say(f"  {order}: kill {len(took)}/{n}: {took[-1]:.2f} s")
                    if len(took) == n:
                        break
                    due, killed = now_us() + self.CALM_S * 1_000_000, None
            load.process.terminate()
            said = load.end()
            run.until(int(said["in"][0]))
            run.stop()
            arena.check(run.outs, said[order.job])
        return took

    def judge(self, rows):
        by = figures.medians([r for r in rows if r["special"] == "static" or r["who"] == "tocsin"], ["job", "who"], "seconds")
        for job in ("J1", "J2"):
            figures.at_most(f"{job}: kill -9 to first commit, of Kafka Streams' (static member)", by[job, "tocsin"] / by[job, "streams"], 1 / 3)


class Program(Contest):
    """A program of ours that prints JSON lines."""

    def lines(self, arena, *command):
        child = subprocess.Popen(["taskset", "-c", arena.core, *map(str, command)], stdout=subprocess.PIPE, text=True, env=arena.env)
        try:
            for line in child.stdout:
                yield json.loads(line)
            if child.wait():
                raise Refused(f"{self.name}: it ended with {child.returncode}")
        finally:
            child.kill()
            child.wait()


class Poison(Program):
    name, title = "poison", "Poison: every third of 100,000 records, against none; on Kafka, exactly once"
    keys, columns = ["kind"], [("factor", "times as long"), ("cpu_factor", "times the CPU")]

    def rounds(self):
        return max(self.o.rounds, 1)

    def seconds(self):
        return 5 + self.rounds() * 4 * 3.5

    def rows(self, arena):
        for row in self.lines(arena, arena.build / "tests/bench/bench_poison", arena.bootstrap, "--rounds", self.rounds(), "--records", self.o.poison):
            if "factor" in row:
                say(f"  {row['kind']}: {row['factor']} times as long")
                yield row

    def judge(self, rows):
        for r in rows:
            figures.at_most(f"a burst of poison ({r['kind']}): times as long", r["factor"], 3)


class Idle(Program):
    name, title = "idle", "Nothing to do: a worker beside a bare librdkafka client"
    keys, columns = ["what"], [("rss_mib", "MiB"), ("wakeups_per_s", "wake-ups/s"), ("start_to_first_poll_ms", "ms to the first poll")]

    def seconds(self):
        return 38

    def rows(self, arena):
        for row in self.lines(arena, arena.build / "tests/bench/bench_idle", arena.bootstrap):
            say("  " + ", ".join(f"{k} {v}" for k, v in row.items()))
            yield row
