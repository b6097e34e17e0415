"""Whoever is away for a while and comes back: a worker that slept, the whole database; and those that die while they start."""
import contextlib
import os
import pathlib
import random
import signal
import sqlite3
import time

import requests

import campaign
from installation import PATIENCE_SECONDS, Bucket, Installation, wait_until


def wake_up_stale(folder, engine):
    """One worker of two sleeps with a page in its hands; the other takes the page over."""
    bucket = Bucket(objects=60, noise_each=2, slowness=(0.15, 0))
    with Installation(folder, engine, bucket=bucket, workers=1, serve=("--no-scan",)) as it:
        it.start()
        stale = it.running["worker-0"]
        stale.wait_ready()
        script = campaign.Script(it, random.Random(0))
        job_id = script.start()
        wait_until(lambda: it.trawl.counts(job_id)["processing"], 30, "a page is being scanned")
        put_to_sleep(it, stale)
        try:
            bucket.slowness = (0, 0)
            it.launch("worker-1").wait_ready()
            script.wait(job_id, "completed")
            before = campaign.outcome(it, job_id)
        finally:
            stale.process.send_signal(signal.SIGCONT)
        wait_until(lambda: "page.lost" in stale.err, 30, lambda: f"the stale worker is refused\n{stale.err}")
        assert "page.done" not in stale.err, stale.err
        assert campaign.outcome(it, job_id) == before
        it.trawl.assert_invariants(job_id)
        assert set(it.stop().values()) == {0}


def put_to_sleep(it, process):
    """SQLite has one writer: one that sleeps in the middle of a transaction would keep the others out. Not so here."""
    while True:
        process.process.send_signal(signal.SIGSTOP)
        if it.postgres or can_write(it.trawl.store):
            return
        process.process.send_signal(signal.SIGCONT)
        time.sleep(0.05)


def can_write(store):
    with contextlib.closing(sqlite3.connect(store, timeout=0.5)) as db:
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
            return True
        except sqlite3.OperationalError:
            return False


def take_database_away(folder, seconds, calm):
    """In the middle of a job. Requests are answered 503 meanwhile, and soon; nobody gives up; then everything goes on."""
    with Installation(folder, "postgres", bucket=calm.make_bucket(), key=calm.key, supervised=False) as it:
        it.start()
        script = campaign.Script(it, random.Random(0))
        job_id = script.start()
        wait_until(lambda: it.trawl.counts(job_id)["succeeded"], 30, "some objects are done")
        it.bucket.is_expired = True
        waits_for = wait_until(lambda: script.job(job_id).get("waiting_for"), 30, "the job says that it waits")
        it.postgres.process.send_signal(signal.SIGQUIT)
        it.postgres.process.wait()
        refused, slowest = ask_while_away(it, job_id, seconds)
        assert all(process.is_running() for process in it.running.values()), it.tails()
        assert refused, "nobody was refused"
        # Each process has a handful of threads; each waits longer and longer, up to seconds.
        lines = len(it.said("reason="))
        assert lines < 100 + 20 * seconds, f"{lines} lines of trouble in {seconds} s"
        it.postgres._launch()
        back = time.monotonic()
        assert script.job(job_id)["waiting_for"] == waits_for, "what the job waits for outlasts its database"
        it.bucket.is_expired = False
        script.wait(job_id, "completed")
        print(f"away {seconds} s: {refused} requests refused, the slowest after {slowest:.2f} s; {lines} lines of trouble;"
              f" completed {time.monotonic() - back:.1f} s after the return")
        campaign.assert_like_undisturbed(it, job_id, calm.expected["scan"], f"away for {seconds} s")
        campaign.assert_healthy(it)


def ask_while_away(it, job_id, seconds):
    """(how many requests were refused, seconds until the slowest was)."""
    url = f"http://127.0.0.1:{it.running['serve'].found.group(1)}"
    asked = [("GET", f"/jobs/{job_id}?real_time=true", None), ("GET", f"/jobs/{job_id}", None), ("GET", "/jobs", None),
             ("POST", "/scan", {"bucket": "fake"}), ("POST", f"/jobs/{job_id}/cancel", {}), ("GET", "/readyz", None)]
    refused, slowest, end = 0, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for method, path, body in asked:
            started = time.monotonic()
            answer = requests.request(method, url + path, json=body, timeout=5)
            slowest = max(slowest, time.monotonic() - started)
            assert answer.status_code == 503, f"{method} {path}: {answer.status_code} {answer.text}"
            refused += 1
        assert requests.get(url + "/healthz", timeout=5).status_code == 200
        time.sleep(0.3)
    return refused, slowest


def freeze_database(folder, calm):
    """Its connections stay open and say nothing, as with a disk that hangs. Nobody waits for ever; then all goes on."""
    with Installation(folder, "postgres", bucket=calm.make_bucket(), key=calm.key, supervised=False) as it:
        it.start()
        script = campaign.Script(it, random.Random(0))
        job_id = script.start()
        wait_until(lambda: it.trawl.counts(job_id)["succeeded"], 30, "some objects are done")
        frozen = family(it.postgres.process.pid)
        for pid in frozen:
            tell(pid, signal.SIGSTOP)
        try:
            url = f"http://127.0.0.1:{it.running['serve'].found.group(1)}"
            started = time.monotonic()
            answer = requests.get(f"{url}/jobs/{job_id}?real_time=true", timeout=45)
            print(f"refused after {time.monotonic() - started:.1f} s")
            assert answer.status_code == 503, answer.text
            assert requests.get(url + "/healthz", timeout=5).status_code == 200
        finally:
            for pid in frozen:
                tell(pid, signal.SIGCONT)
        script.wait(job_id, "completed")
        campaign.assert_like_undisturbed(it, job_id, calm.expected["scan"], "after the frost")
        campaign.assert_healthy(it)


def tell(pid, number):
    """A backend or an autovacuum worker may have ended since its number was read."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def family(pid):
    """A process and its children."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [pid, *map(int, children.split())]


def kill_at_start(folder, engine, rounds):
    """Processes that make the store together, some of which die of it, with a seed of its own each round."""
    chosen = campaign.seed()
    print(f"FAULTS_SEED={chosen} engine={engine}")
    expected, kills = None, 0
    for number in range(rounds):
        dice = random.Random(f"{chosen}/start/{engine}/{number}")
        with Installation(folder / str(number), engine, bucket=Bucket(objects=9), workers=2) as it:
            kills += start_and_kill(it, dice) if number else 0
            it.heal()
            if number == 0:
                it.start()
            for process in it.running.values():
                wait_until(lambda name=process.name: is_ready(it, name), PATIENCE_SECONDS, it.tails)
            if expected is None:
                expected = schema(it)
            assert schema(it) == expected, f"FAULTS_SEED={chosen}, round {number}"
            job_id = campaign.Script(it, dice).scan()
            it.trawl.assert_invariants(job_id)
            campaign.assert_healthy(it)
    print(f"{kills} kills")
    return kills


def is_ready(it, name):
    """Whoever found the store away at its start has ended; it is started again, as a supervisor would."""
    it.heal()
    return it.running[name].found is not None


def start_and_kill(it, dice):
    for name in ("serve", "worker-0", "worker-1"):
        it.launch(name)
    kills = dice.randint(1, 3)
    for _ in range(kills):
        time.sleep(dice.uniform(0, 0.25))
        if it.postgres and dice.random() < 0.3:
            it.postgres.kill()
            continue
        name = dice.choice(sorted(it.running))
        it.running[name].kill()
        it.launch(name)
    return kills


def schema(it):
    """Everything that the migrations make."""
    if it.postgres:
        return it.query(
            "SELECT 'relation', relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace UNION ALL"
            " SELECT 'function', proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2")
    return it.query("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2")
