"""The contests on a backlog: steady state, memory, other shapes, growth; and the check of the checker. Each says how long it takes,
runs in interleaved rounds, and yields one row a run."""
import dataclasses
import json
import shutil
import subprocess

import figures
from arena import PARTITIONS, USUAL, Refused, say
from contestants import SCHEMAS, Order

EACH_S = 3.0                 # to start, to check and to clear up, besides the records
RATE = {"tocsin": 900e3, "bare": 1100e3, "streams": 170e3}   # records/s from a cold start; to tell how long a contest takes


@dataclasses.dataclass
class Lot:
    """One run that a round repeats: what it is called in the table, the order, the backlog."""
    names: dict
    order: Order
    records: int
    shape: str = USUAL
    partitions: int = PARTITIONS


def lots_seconds(lots, rounds):
    fill = {(x.records, x.shape, x.partitions): x.records / 400e3 for x in lots}
    work = sum(EACH_S + (2 if x.order.who == "streams" else 0) + x.records * x.order.pipelines / RATE[x.order.who] for x in lots)
    return sum(fill.values()) + work * rounds


def run_lots(arena, lots, rounds):
    for round_ in range(rounds):
        for i, lot in enumerate(lots):
            backlog = arena.backlog(lot.records, lot.shape, lot.partitions)
            row = arena.drain(lot.order, backlog)
            say(f"  round {round_ + 1}/{rounds}, {i + 1}/{len(lots)}: {' '.join(map(str, lot.names.values()))}: "
                + ", ".join(f"{k} {figures.number(v)}" for k, v in row.items()))
            yield dict(lot.names, round=round_, **row)


class Contest:
    name = title = ""
    keys, columns = [], []

    def __init__(self, options):
        self.o = options

    def judge(self, rows):
        """Looks at the targets."""

    def markdown(self, rows):
        return figures.markdown(rows, self.keys, self.columns)


class Lots(Contest):
    def seconds(self):
        return lots_seconds(list(self.lots()), self.rounds())

    def rounds(self):
        return self.o.rounds

    def rows(self, arena):
        yield from run_lots(arena, list(self.lots()), self.rounds())
        arena.forget_all_but(USUAL)


COST = [("k_per_cpu_s", "k records by CPU-second"), ("k_per_s", "k records/s"), ("rss_mib", "peak MiB"), ("broker_core", "broker's core")]


class Checker(Contest):
    """A harness that refuses nothing proves nothing: a contestant that loses, or doubles, one record of the many."""
    name, title, keys, columns = "checker", "The checker bites", ["contestant", "verdict"], []

    def seconds(self):
        return 3 * EACH_S + 2

    def rows(self, arena):
        backlog = arena.backlog(200_000)
        for fault in ("", "lose", "double"):
            try:
                arena.drain(Order("bare", "J1", special=fault), backlog, measured=False)
                verdict = "taken"
            except Refused as e:
                verdict = f"refused: {e}"
            if (verdict == "taken") == bool(fault):
                raise RuntimeError(f"the checker does not bite: bare {fault or 'whole'} was {verdict}")
            say(f"  bare {fault or 'whole'}: {verdict}")
            yield dict(contestant=f"bare loop, {fault + 's one alert' if fault else 'whole'}", verdict=verdict)
        shutil.rmtree(arena.work / "runs")       # they were to be refused: nobody needs their logs


class Steady(Lots):
    name, title = "steady", "Steady state: records by CPU-second of the contestant, a commit every 100 ms"
    keys, columns = ["job", "guarantee", "contestant"], COST

    def lots(self):
        return [Lot(dict(job=job, guarantee=mode, contestant=who), Order(who, job, mode), self.o.records)
                for job in ("J1", "J2") for mode in ("eos", "alo") for who in ("tocsin", "streams", "bare")]

    def judge(self, rows):
        by = figures.medians(rows, ["contestant", "job", "guarantee"], "k_per_cpu_s")
        rss = figures.medians(rows, ["contestant", "job", "guarantee"], "rss_mib")
        for job in ("J1", "J2"):
            figures.at_least(f"{job}, exactly once: records by CPU-second, of the bare loop's", by["tocsin", job, "eos"] / by["bare", job, "eos"], 0.75)
        for job in ("J1", "J2"):
            figures.at_least(f"{job}, exactly once: of Kafka Streams'", by["tocsin", job, "eos"] / by["streams", job, "eos"], 1)
            figures.at_least(f"{job}, at least once: of Kafka Streams'", by["tocsin", job, "alo"] / by["streams", job, "alo"], 1)
        for job in ("J1", "J2"):
            figures.at_least(f"{job}: exactly once, of at least once", by["tocsin", job, "eos"] / by["tocsin", job, "alo"], 0.8)
        for job, bound in (("J1", 128), ("J2", 160)):
            figures.at_most(f"{job}: peak MiB at full backlog, exactly once", rss["tocsin", job, "eos"], bound)


class Memory(Steady):
    """The same runs as steady's, exactly once only: when memory alone is asked for."""
    name, title = "memory", "Peak resident memory at full backlog, exactly once"

    def rounds(self):
        return 1

    def lots(self):
        return [x for x in super().lots() if x.order.mode == "eos"]

    def judge(self, rows):
        for job, bound in (("J1", 128), ("J2", 160)):
            figures.at_most(f"{job}: peak MiB at full backlog (contest memory)",
                            max(r["rss_mib"] for r in rows if r["contestant"] == "tocsin" and r["job"] == job), bound)


class Shapes(Lots):
    name, title = "shapes", "Other shapes of record: J1, exactly once"
    keys, columns = ["bytes", "contestant"], COST

    def rounds(self):
        return min(self.o.rounds, 2)

    def lots(self):
        return [Lot(dict(bytes=size, contestant=who), Order(who, "J1"), n, f"10000/{size}")
                for size, n in ((100, self.o.records // 2), (2000, max(self.o.records // 6, 150_000))) for who in ("tocsin", "streams", "bare")]

    def judge(self, rows):
        by = figures.medians(rows, ["contestant", "bytes"], "k_per_cpu_s")
        for size in (100, 2000):
            figures.at_least(f"J1, events of {size} bytes: of the bare loop's", by["tocsin", size] / by["bare", size], 0.75)


class Growth(Lots):
    """Partitions, pipelines, workers: Tocsin against itself."""
    name, title = "growth", "Growth: what a record costs Tocsin, exactly once"
    keys, columns = ["job", "of", "n"], [("us_per_record", "µs CPU a record"), ("rss_mib", "peak MiB"), ("k_per_s", "k records/s")]

    def lots(self):
        n = self.o.records * 2 // 3
        for job in ("J1", "J2"):
            for p in (1, 64):
                yield Lot(dict(job=job, of="partitions", n=p), Order("tocsin", job), n, USUAL, p)
            for k in (1, 8):
                yield Lot(dict(job=job, of="pipelines", n=k), Order("tocsin", job, pipelines=k), max(n // 2, 300_000))
            yield Lot(dict(job=job, of="workers", n=2), Order("tocsin", job, workers=2), n)
            yield Lot(dict(job=job, of="workers", n=1), Order("tocsin", job), n)

    def judge(self, rows):
        by = figures.medians(rows, ["job", "of", "n"], "us_per_record")
        for job in ("J1", "J2"):
            figures.at_most(f"{job}: a record's cost with 64 partitions, of that with 1", by[job, "partitions", 64] / by[job, "partitions", 1], 1.3)
            figures.at_most(f"{job}: with 8 pipelines, of that with 1", by[job, "pipelines", 8] / by[job, "pipelines", 1], 1.3)
            figures.at_least(f"{job}: records by CPU-second of two workers, of one's", by[job, "workers", 1] / by[job, "workers", 2], 0.9)


class Keys(Lots):
    """From 10,000 to 1,000,000 loops, one event in ten of a thousand hot ones so that there is something to check."""
    name, title = "keys", "Growth in keys: J2, exactly once, changelog on Kafka; and on the bus in memory without changelog"
    keys, columns = ["contestant", "keys"], [("us_per_record", "µs CPU a record"), ("rss_mib", "peak MiB"), ("k_per_s", "k records/s")]

    def rounds(self):
        return min(self.o.rounds, 2)

    def lots(self):
        return [Lot(dict(contestant=who, keys=keys), Order(who, "J2", memory="1GiB"), self.o.records * 2 // 3, f"{keys}h/232")
                for keys in (10_000, 1_000_000) for who in ("tocsin", "streams")]

    def seconds(self):
        return super().seconds() * 1.4 + 4 * self.rounds() * self.in_memory() / 500e3

    def in_memory(self):
        return max(self.o.records // 2, 200_000)

    def rows(self, arena):
        yield from super().rows(arena)
        for round_ in range(self.rounds()):
            for keys in (10_000, 1_000_000):
                done = subprocess.run(["taskset", "-c", arena.core, arena.build / "runtime/bin/tocsin", "bench", "task", "--json", "--rounds", "1",
                                       "--plugin", arena.build / "tests/bench/bench_j2.so", "--events", str(self.in_memory()),
                                       "--keys", str(keys), "--one-turn", "--schemas", SCHEMAS], capture_output=True, text=True)
                if done.returncode:
                    raise RuntimeError(f"tocsin bench task: {done.stderr.strip()}")
                rate = json.loads(done.stdout.splitlines()[0])["median"]
                say(f"  round {round_ + 1}: in memory, {keys} keys: {1e6 / rate:.3g} µs a record")
                yield dict(contestant="tocsin, in memory, no changelog", keys=keys, round=round_, us_per_record=1e6 / rate)

    def judge(self, rows):
        by = figures.medians(rows, ["contestant", "keys"], "us_per_record")
        grown = {who: by[who, 1_000_000] / by[who, 10_000] for who, _ in by}
        figures.at_most("J2: a record's cost with 1,000,000 keys of that with 10,000, in memory, no changelog",
                        grown["tocsin, in memory, no changelog"], 1.3)
        figures.at_most(f"J2: the same with changelog on Kafka (bound: Kafka Streams' growth)", grown["tocsin"], grown["streams"])
