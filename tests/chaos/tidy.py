"""Nothing stays behind: a guard that clears up when the harness ends in whatever way, and what the next start clears up if even the
guard was killed. All that a run starts carries the run's folder in its environment; rules of nftables and mounts carry its port."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

MARK = "TOCSIN_CHAOS_RUN"
SEEN = pathlib.Path(tempfile.gettempdir()) / f"tocsin-chaos-{os.getuid()}"


def table(port):
    return f"tocsin_chaos_{port}"


def of_run(folder):
    """Pids of what the run started; never the one that asks, nor the guard."""
    want = f"{MARK}={folder}".encode()
    for p in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if want in (p / "environ").read_bytes().split(b"\0") and int(p.name) != os.getpid():
                yield int(p.name)
        except OSError:
            continue


def mounted(folder):
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        where = line.split()[1]
        if where.startswith(str(folder) + "/"):
            yield where


def clear(folder, port):
    for _ in range(50):
        pids = list(of_run(folder))
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if not pids:
            break
        time.sleep(0.1)
    for where in list(mounted(folder)):
        subprocess.run(["umount", "-l", where], stderr=subprocess.DEVNULL)
    if os.geteuid() == 0:
        subprocess.run(["nft", "delete", "table", "inet", table(port)], stderr=subprocess.DEVNULL)
    (SEEN / str(port)).unlink(missing_ok=True)


def born(pid):
    """When a process began, in ticks since boot: a pid alone may be another's by now."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except OSError:
        return None


def begin(folder, port):
    """Clears up after runs whose harness is gone, registers this one, starts its guard. Answers the guard."""
    SEEN.mkdir(exist_ok=True, mode=0o700)
    for f in list(SEEN.iterdir()):
        r = json.loads(f.read_text())
        if born(r["pid"]) != r["born"]:
            clear(r["folder"], int(f.name))
        elif int(f.name) == port:
            raise RuntimeError(f"a run uses port {port}: process {r['pid']}, folder {r['folder']}; choose another --port")
    (SEEN / str(port)).write_text(json.dumps({"pid": os.getpid(), "born": born(os.getpid()), "folder": str(folder)}))
    guard = subprocess.Popen([sys.executable, __file__, str(folder), str(port)], stdin=subprocess.PIPE, start_new_session=True)
    os.environ[MARK] = str(folder)
    return guard


def end(guard):
    """The guard does it, as it would if the harness had died here."""
    guard.stdin.close()
    guard.wait()


if __name__ == "__main__":
    sys.stdin.read()
    clear(sys.argv[1], int(sys.argv[2]))
