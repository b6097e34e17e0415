"""Kills at random moments while jobs are listed, scanned, retried, cancelled, paused and refreshed; in the end everything is
as if nobody had been killed."""
import os
import random
import signal
import subprocess
import threading
import time

import psycopg2

from installation import ARCHIVE, BROKEN, DECLINED, FORBIDDEN, LEASE_SECONDS, MISSING, PATIENCE_SECONDS, Bucket, Installation, wait_until

OPTIONS = {"exclude": ["*.noise"]}
JOB_SECONDS = 180  # a job whose tormentor has gone is over within this

KILLS_A_JOB = (2, 7)
KILLS = {
    "sqlite": ("worker", "worker", "serve", "serve", "freeze"),
    "postgres": ("worker", "worker", "serve", "freeze", "terminate backend", "kill backend", "kill server", "kill server"),
}
QUICK_KILLS = {engine: tuple(kind for kind in kinds if kind != "freeze") for engine, kinds in KILLS.items()}


def seed():
    """FAULTS_SEED, or one that the run prints."""
    return int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(1 << 31))


# ---- what is done with a job; each script leaves it over, and returns its id

class Script:
    """What an operator does with jobs through the API, while processes die under him."""

    def __init__(self, it, dice):
        self.it, self.dice = it, dice

    def start(self):
        """POST /scan is not repeated while its job exists: the answer may be lost and the job there."""
        before = {row[0] for row in self.it.query("SELECT job_id FROM jobs")}
        body = {"bucket": "fake", "options": OPTIONS}
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            self.it.ask("POST", "/scan", json=body)
            new = {row[0] for row in self.it.query("SELECT job_id FROM jobs")} - before
            if new:
                assert len(new) == 1, f"one request made several jobs: {new}"
                return str(new.pop())
            time.sleep(0.1)
        raise AssertionError(f"no job could be started within {PATIENCE_SECONDS} s\n{self.it.tails()}")

    def job(self, job_id):
        return self.it.insist("GET", f"/jobs/{job_id}?real_time=true")[2]

    def wait(self, job_id, *statuses):
        def over():
            job = self.job(job_id)
            return job if job["status"] in statuses else None
        return wait_until(over, JOB_SECONDS, lambda: f"{statuses} of {self.job(job_id)}\n{self.it.tails()}", every=0.1)

    def change(self, job_id, action, **body):
        """(changed, status): a conflict is an answer, too."""
        asked, status, answer = self.it.insist("POST", f"/jobs/{job_id}/{action}", json=body)
        assert status in (200, 202, 409), answer
        return status != 409 or asked > 1, answer

    def sleep(self, longest):
        time.sleep(self.dice.uniform(0, longest))

    def scan(self):
        job_id = self.start()
        self.wait(job_id, "completed")
        return job_id

    def cancel(self):
        """Cancelled at some moment, it stands still, whoever was at work; then it goes on."""
        job_id = self.start()
        self.sleep(1.5)
        is_cancelled, _ = self.change(job_id, "cancel")
        if is_cancelled and self.job(job_id)["status"] == "aborted":
            sums = "SELECT sum(queued), sum(processing), sum(succeeded), sum(failed), sum(skipped), sum(total), sum(findings)" \
                   " FROM job_counters WHERE job_id = ?"
            first = self.it.query(sums, job_id)
            assert self.it.query("SELECT count(*) FROM page_states WHERE job_id = ? AND state NOT IN ('done', 'dropped')",
                                 job_id) == [(0,)]
            assert first[0][1] in (0, None), f"processing after a cancel: {first}"
            self.sleep(1)
            self.it.verify(job_id)
            assert self.it.query(sums, job_id) == first, "a cancelled job went on"
            self.change(job_id, "retry", objects=self.dice.choice(("failed", "all")))
        self.wait(job_id, "completed")
        return job_id

    def pause(self):
        job_id = self.start()
        self.sleep(1)
        if self.change(job_id, "pause")[0]:
            self.sleep(1)
            self.change(job_id, "resume")
        self.wait(job_id, "completed")
        return job_id

    def retry_all(self):
        job_id = self.scan()
        self.change(job_id, "retry", objects="all")
        self.wait(job_id, "completed")
        return job_id

    def retry_failed(self):
        """Twice in vain; the second may meet the first."""
        job_id = self.scan()
        self.change(job_id, "retry")
        self.sleep(0.5)
        self.change(job_id, "retry")
        self.wait(job_id, "completed")
        return job_id

    def mend(self):
        """What was forbidden is allowed before the retry."""
        job_id = self.scan()
        self.it.bucket.is_mended = True
        try:
            self.change(job_id, "retry")
            self.wait(job_id, "completed")
            return job_id
        finally:
            self.it.bucket.is_mended = False

    def quarrel(self):
        """Three clients who want different things of one job at once; then it is left to itself, and goes on."""
        job_id, trouble = self.start(), []

        def want(dice):
            try:
                for _ in range(dice.randint(2, 6)):
                    time.sleep(dice.uniform(0, 0.4))
                    action = dice.choice(("cancel", "pause", "resume", "retry", "retry all"))
                    body = {"objects": "all"} if action == "retry all" else {}
                    self.change(job_id, action.split()[0], **body)
            except BaseException as error:  # told by the thread that waits
                trouble.append(error)
        clients = [threading.Thread(target=want, args=(random.Random(self.dice.random()),)) for _ in range(3)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        if trouble:
            raise trouble[0]
        self.it.verify(job_id)
        self.change(job_id, "resume")
        self.wait(job_id, "completed", "aborted")
        if self.job(job_id)["status"] == "aborted":
            self.change(job_id, "retry")
        self.wait(job_id, "completed")
        return job_id

    def refresh(self):
        """`trawl refresh` again and again, itself killed at times."""
        job_id = self.start()
        while self.job(job_id)["status"] != "completed":
            process = self.it.trawl.popen("refresh", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(self.dice.uniform(0.02, 0.3))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        wait_until(lambda: self.it.trawl.run("refresh").status == 0, PATIENCE_SECONDS, "the store is there for a refresh")
        row = self.it.query("SELECT total_objects, succeeded_count, failed_count, queued_count, processing_count FROM job_progress"
                            " WHERE job_id = ?", job_id)
        now = self.it.query("SELECT sum(total), sum(succeeded), sum(failed), sum(queued), sum(processing) FROM job_counters"
                            " WHERE job_id = ?", job_id)
        assert row == now, "the snapshot of a finished job"
        return job_id


SCRIPTS = ("scan", "cancel", "pause", "retry_all", "refresh", "quarrel", "retry_failed", "mend")


# ---- what is compared

def outcome(it, job_id):
    """All of a finished job that does not depend on when things happened."""
    exceptions = it.query("SELECT key, status, error_code, error_message FROM object_exceptions WHERE job_id = ?", job_id)
    findings = [(each["key"], each["detector"], each["count"], each["masked"], each["fingerprint"], each["locations"], each["compliance"])
                for each in it.trawl.run("findings", "--format", "jsonl", job_id, status=0).lines()]
    job = it.insist("GET", f"/jobs/{job_id}?real_time=true")[2]
    shown = ("status", "status_message", "step_function_status", "listing_complete", "paused", "total", "queued", "processing",
             "succeeded", "failed", "skipped", "total_findings", "progress_percent", "bytes_total", "bytes_done", "failures",
             "waiting_for")
    return {
        "counts": it.trawl.counts(job_id), "exceptions": sorted(exceptions), "findings": findings,
        "stored": it.trawl.stored_findings(job_id), "status": {name: job.get(name) for name in shown},
        "excluded": sorted(it.query("SELECT reason, objects, bytes FROM job_excluded WHERE job_id = ?", job_id)),
        "by id": sorted(found[:5] for found in paged_findings(it, job_id)),
        "suppressed": suppressed(it, job_id),
    }


def paged_findings(it, job_id):
    """As a client reads them, page by page."""
    found, token = [], None
    while True:
        path = f"/jobs/{job_id}/findings?limit=200" + (f"&nextToken={token}" if token else "")
        answer = it.insist("GET", path)[2]
        found += [(each["key"], each["detector"], each["count"], each["masked"], str(each["fingerprint"]))
                  for each in answer["findings"]]
        token = answer["nextToken"]
        if not token:
            return found


def suppressed(it, job_id):
    return [(each["key"], each["detector"], each["reason"], each["count"], each["locations"])
            for each in it.trawl.run("findings", "--suppressed", "--format", "jsonl", job_id, status=0).lines()]


def assert_equal_outcomes(found, expected, told):
    for name, value in expected.items():
        assert found[name] == value, f"{told}: {name}: {found[name]!r} instead of {value!r}"


def assert_sane(expected):
    """The undisturbed run shows what it is there to show."""
    exceptions = {row[0]: row[1:3] for row in expected["exceptions"]}
    assert exceptions[FORBIDDEN] == ("failed", "forbidden") and exceptions[MISSING] == ("failed", "not_found")
    assert exceptions[BROKEN][0] == "failed" and exceptions[DECLINED][0] == "skipped", exceptions
    assert any(found[0] == ARCHIVE for found in expected["findings"])
    assert any("PCI" in found[-1] for found in expected["findings"]) and expected["status"]["waiting_for"] is None
    assert len(expected["suppressed"]) > 1 and all(places for *_, places in expected["suppressed"])
    assert expected["excluded"] and expected["status"]["status"] == "completed"


def undisturbed(folder, key, bucket):
    """What scripts give that nobody disturbs, by script: on SQLite, for both engines."""
    with Installation(folder, "sqlite", bucket=bucket, workers=0, key=key) as it:
        it.start()
        script = Script(it, random.Random(0))
        scanned = outcome(it, script.scan())
        mended = outcome(it, script.mend())
        assert set(it.stop().values()) == {0}
    assert_sane(scanned)
    assert mended["counts"]["succeeded"] == scanned["counts"]["succeeded"] + 1
    return {**{name: scanned for name in SCRIPTS}, "mend": mended}


# ---- the tormentor

class Tormentor:
    """Kills while a script runs. After each kill verify holds, whatever is going on."""

    def __init__(self, it, dice, most, kinds):
        self.it, self.dice, self.left, self.kills, self.kinds = it, dice, most, [], kinds

    def kill(self):
        kind = self.dice.choice(self.kinds)
        if kind in ("worker", "freeze"):
            name = self.dice.choice([name for name in self.it.running if name.startswith("worker")])
        else:
            name = self.dice.choice([name for name in self.it.running if name.startswith("serve")])
        if kind in ("worker", "serve"):
            self.it.running[name].kill()
            time.sleep(self.dice.choice((0, 0, self.dice.uniform(0, 0.5))))
            self.it.launch(name)
        elif kind == "freeze":
            self.freeze(self.it.running[name].process)
        elif kind == "kill server":
            self.it.postgres.kill()
        else:
            self.kill_backend(kind)
        self.kills.append(kind)
        self.left -= 1

    def freeze(self, process):
        """Past its lease; then it wakes up."""
        if process.poll() is not None:
            return
        process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(self.dice.uniform(0.2, 1.8) * LEASE_SECONDS)
        finally:
            process.send_signal(signal.SIGCONT)

    def kill_backend(self, kind):
        pids = self.it.backends()
        if not pids:
            return
        pid = self.dice.choice(pids)
        try:
            if kind == "kill backend":
                os.kill(pid, signal.SIGKILL)
            else:
                self.it.postgres.query("SELECT pg_terminate_backend(%s)", (pid,))
        except (ProcessLookupError, psycopg2.Error):
            pass

    def torment(self, thread):
        """Until the script has ended, or has had its share of kills."""
        until = max(0, self.left - self.dice.randint(*KILLS_A_JOB))
        while thread.is_alive() and self.left > until:
            time.sleep(self.dice.uniform(0.02, 1.0))
            if not thread.is_alive():
                break
            self.kill()
            self.it.heal()
            jobs = [str(row[0]) for row in self.it.query("SELECT job_id FROM jobs ORDER BY created_at DESC, job_id LIMIT 1")]
            if jobs and self.dice.random() < 0.5:
                self.it.verify(jobs[0])


def run_script(script, name, tormentor):
    """The script's job, tormented."""
    result, trouble = [], []

    def run():
        try:
            result.append(getattr(script, name)())
        except BaseException as error:  # told by the thread that waits
            trouble.append(error)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    tormentor.torment(thread)
    end = time.monotonic() + 2 * JOB_SECONDS
    while thread.is_alive() and time.monotonic() < end:
        tormentor.it.heal()
        thread.join(0.2)
    if trouble:
        raise trouble[0]
    assert result, f"script {name} does not end\n{tormentor.it.tails()}"
    return result[0]


class Calm:
    """What undisturbed scripts give over a kind of bucket, and the key of fingerprints that goes with it."""

    def __init__(self, folder, make_bucket=Bucket):
        self.make_bucket, self.key = make_bucket, folder / "fleet.key"
        self.expected = undisturbed(folder, self.key, make_bucket())


def run(folder, engine, kills, calm, *, scripts=SCRIPTS, kinds=None, servers=1):
    """The whole campaign: so many kills, over as many jobs as it takes. Returns what was killed, by kind."""
    chosen = seed()
    print(f"FAULTS_SEED={chosen} engine={engine} kills={kills}")
    dice = random.Random(f"{chosen}/{engine}")
    with Installation(folder, engine, bucket=calm.make_bucket(), key=calm.key) as it:
        it.start()
        if servers > 1:
            it.launch("serve-1").wait_ready()
        tormentor, done = Tormentor(it, dice, kills, kinds or KILLS[engine]), 0
        while tormentor.left > 0:
            name = scripts[done % len(scripts)]
            job_id = run_script(Script(it, random.Random(f"{chosen}/{engine}/{done}")), name, tormentor)
            assert_like_undisturbed(it, job_id, calm.expected[name],
                                    f"FAULTS_SEED={chosen}: {name}, after {len(tormentor.kills)} kills")
            done += 1
        assert_healthy(it)
    killed = {kind: tormentor.kills.count(kind) for kind in sorted(set(tormentor.kills))}
    print(f"{sum(killed.values())} kills over {done} jobs: {killed}")
    return killed


def assert_like_undisturbed(it, job_id, expected, told):
    wait_until(lambda: it.ask("GET", "/readyz"), PATIENCE_SECONDS, lambda: f"the server is ready\n{it.tails()}")
    if it.postgres:
        wait_until(it.postgres.is_ready, PATIENCE_SECONDS, "PostgreSQL is there")
    assert it.query("SELECT key FROM object_exceptions WHERE error_code = 'poison'") == [], f"{told}: poison"
    assert_equal_outcomes(outcome(it, job_id), expected, told)
    it.trawl.assert_invariants(job_id)


def assert_healthy(it):
    """Nothing leaked: no lease, no drift told, and every process ends when asked to."""
    it.heal()
    for process in it.running.values():
        assert process.wait_ready(), process.err[-2000:]
    assert it.query("SELECT count(*) FROM page_states WHERE state = 'leased' OR lease_owner IS NOT NULL") == [(0,)]
    it.verify("--all")
    drift = it.said("job[.]drift")
    assert not drift, drift
    assert set(it.stop().values()) == {0}
