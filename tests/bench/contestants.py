"""How each contestant is run: Tocsin as its users run it, Kafka Streams as a program with a main, the bare loop as it is."""
import dataclasses
import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
SCHEMAS = HERE / "peers/schemas"

TOCSIN = """# what is measured is what users run: the supervisor, its workers, metrics and health over HTTP
app: {id}
kafka: {{bootstrap.servers: "{bootstrap}", compression.codec: lz4, linger.ms: 5}}
plugins: {plugins}
schemas: ["{schemas}"]
run_dir: {folder}
http: {{listen: "127.0.0.1:{http}"}}
topics: {{create: true}}
memory: {{max: {memory}}}
pipelines:
"""
PIPELINE = """  p{i}:
    plugin: bench_{job}
    guarantee: {guarantee}
    workers: {workers}
    partitions: {partitions}
    commit: {{interval: {commit_ms}ms}}
    ports: {{events: "{topic}", alerts: "{out}"}}
"""
JAVA = ["java", "-Xmx1g", "-Dorg.apache.avro.fastread=true"]


@dataclasses.dataclass(frozen=True)
class Order:
    """What a contestant is asked to do. `special`: of the bare loop lose or double, a fault; of Kafka Streams static, a static
    member of its group."""
    who: str
    job: str
    mode: str = "eos"
    commit_ms: int = 100
    pipelines: int = 1
    workers: int = 1
    memory: str = "256MiB"
    special: str = ""

    def __str__(self):
        return f"{self.who} {self.job} {self.mode}" + (f" {self.special}" if self.special else "")


@dataclasses.dataclass(frozen=True)
class Deployment:
    command: list
    env: dict
    groups: list


def _tocsin(arena, run):
    o = run.order
    text = TOCSIN.format(id=run.id, bootstrap=arena.bootstrap, plugins=arena.build / "tests/bench", schemas=SCHEMAS, folder=run.folder,
                         http=arena.port + 90, memory=o.memory)
    for i, out in enumerate(run.outs):
        text += PIPELINE.format(i=i, job=o.job.lower(), guarantee="exactly_once" if o.mode == "eos" else "at_least_once", out=out,
                                workers=o.workers, partitions=run.partitions, commit_ms=o.commit_ms, topic=run.topic)
    config = run.folder / "tocsin.yaml"
    config.write_text(text)
    os.chmod(run.folder, 0o700)
    return Deployment([arena.build / "runtime/bin/tocsin", "run", config], {},
                      [f"{run.id}.p{i}" for i in range(o.pipelines)])


def _peer(command, arena, run, **more):
    env = dict(BENCH_JOB=run.order.job, BENCH_MODE=run.order.mode, BENCH_ID=run.id, BENCH_IN=run.topic, BENCH_OUT=run.outs[0],
               BENCH_CHANGELOG=f"{run.id}.changelog", BENCH_COMMIT_MS=str(run.order.commit_ms), BENCH_DIR=str(run.folder / "state"),
               BENCH_SCHEMAS=str(SCHEMAS), **more)
    return Deployment(command, env, [run.id])


def _streams(arena, run):
    jars = os.environ["BENCH_STREAMS"]           # set by scripts/bench
    more = {"BENCH_INSTANCE": run.id} if run.order.special == "static" else {}
    return _peer([*JAVA, "-cp", f"{arena.work}/classes:{jars}/*", "Streams"], arena, run, **more)


def _bare(arena, run):
    more = {"BENCH_BREAK": run.order.special} if run.order.special else {}
    return _peer([arena.build / "tests/bench/bench_bare"], arena, run, **more)


_WAYS = {"tocsin": _tocsin, "streams": _streams, "bare": _bare}


def deploy(arena, run):
    return _WAYS[run.order.who](arena, run)
