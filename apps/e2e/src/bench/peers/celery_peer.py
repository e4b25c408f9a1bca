"""The peer Celery: `celery -A celery_peer worker` runs it, `python3 celery_peer.py W1` times a workload and prints ms."""

import os
import subprocess
import sys
import time

from celery import Celery, chain, chord, group

app = Celery("bench", broker=os.environ["BENCH_REDIS"], backend=os.environ["BENCH_REDIS"])
app.conf.worker_prefetch_multiplier = 4


@app.task(name="bench.run")
def run(*_):
    subprocess.run(["sh", "-c", "true"], check=True)


def chain_of(length):
    return chain(*[run.si() for _ in range(length)])


def fan_of(width):
    return chain(run.si(), chord(group(run.si() for _ in range(width)), run.si()))


def diamond():
    return chain(run.si(), chord(group(run.si(), run.si()), run.si()))


WORKLOADS = {
    "W1": lambda: [chain_of(40)],
    "W2": lambda: [fan_of(1000)],
    "W3": lambda: [diamond() for _ in range(200)],
}

if __name__ == "__main__":
    flows = WORKLOADS[sys.argv[1]]()
    run.si().apply_async().get()
    began = time.perf_counter()
    for result in [flow.apply_async() for flow in flows]:
        result.get(interval=0.005)
    print((time.perf_counter() - began) * 1000)
