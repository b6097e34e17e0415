"""Three workers on hosts of their own and a PostgreSQL on a fourth; one worker is cut off in the middle of a page."""
import http.server
import random

import psycopg2
import pytest

import campaign
import hosts
from fake_s3 import Handler
from installation import Bucket, Installation, wait_until
from postgres import Postgres

WORKERS = ("one", "two", "three")
ALONE = ["unshare", "--uts", "--", "sh", "-c", 'hostname "$0" && exec "$@"']


class RemotePostgres(Postgres):
    """Runs on its host, and is reached from the others."""

    def __init__(self, network):
        super().__init__({"synchronous_commit": "on", "listen_addresses": f"127.0.0.1,{network.hosts['database']}"})
        self.network = network

    def uri(self, database="postgres", user="trawl"):
        return f"postgresql://{user}@{self.network.hosts['database']}:{self.port}/{database}"

    def is_ready(self):
        """On its host, and from the others."""
        try:
            return bool(self.query("SELECT 1"))
        except psycopg2.OperationalError:
            return False

    def _launch(self):
        with open(self.data / "pg_hba.conf", "a", encoding="utf-8") as hba:
            hba.write(f"host all all {hosts.NETWORK}.0/24 trust\n")
        super()._launch()


class RemoteBucket(Bucket):
    """Serves on the switch's own address."""

    def __init__(self, network, **options):
        super().__init__(**options)
        self.http.server_close()
        self.http = http.server.ThreadingHTTPServer((network.address, 0), Handler)
        self.http.daemon_threads, self.http.fake, self.http.handle_error = True, self, lambda *_: None
        self.endpoint = f"http://{network.address}:{self.http.server_port}"


class Hosts(Installation):
    """Each worker on its host, by that host's name; the rest, the test too, at the switch."""

    def __init__(self, folder, network, bucket):
        super().__init__(folder, "postgres", bucket=bucket, workers=0, serve=("--no-scan",), supervised=False)
        self.network = network

    def make_postgres(self):
        return RemotePostgres(self.network)

    def start_postgres(self):
        with self.network.inside("database"):
            self.postgres.start()

    def launch_on(self, host):
        """In a UTS namespace, too: nobody can see from elsewhere whether its process lives."""
        self.starter = [*ALONE, host]
        try:
            with self.network.inside(host):
                return self.launch(f"worker-{host}")
        finally:
            self.starter = []


@pytest.fixture(scope="module")
def network():
    missing = hosts.why_not()
    if missing:
        pytest.skip(f"no network namespaces here, which root (CAP_SYS_ADMIN, CAP_NET_ADMIN) may make: {missing}")
    with hosts.Network([*WORKERS, "database"]) as made:
        yield made


def cable(network, host):
    return (lambda: network.cut(host)), (lambda: network.mend(host))


def route_to_database(network, host):
    return (lambda: network.lose(host, "database")), (lambda: network.find(host, "database"))


@pytest.mark.parametrize("what", [cable, route_to_database])
def test_a_host_that_is_cut_off_loses_its_page_and_is_refused_when_it_is_back(network, what, tmp_path):
    with network.inside("switch"):
        bucket = RemoteBucket(network, objects=150, noise_each=2, slowness=(0.1, 0))
        with Hosts(tmp_path, network, bucket) as it:
            it.launch("serve").wait_ready()
            for host in WORKERS:
                assert it.launch_on(host).wait_ready(), it.tails()
            cut_off(it, network, what)


def cut_off(it, network, what):
    script = campaign.Script(it, random.Random(0))
    job_id = script.start()
    owner = wait_until(lambda: leased_by(it, job_id), 30, "a page is being scanned")
    cut, mend = what(network, owner)
    cut()
    try:
        lost = it.running[f"worker-{owner}"]
        finished = lost.err.count("page.done")
        it.bucket.slowness = (0, 0)
        script.wait(job_id, "completed")
        assert lost.err.count("page.done") == finished, "it cannot have told anybody"
        it.trawl.assert_invariants(job_id)
        before = campaign.outcome(it, job_id)
    finally:
        mend()
    wait_until(lambda: "page.lost" in lost.err, 60, lambda: f"its late answer is refused\n{lost.err[-3000:]}")
    assert lost.err.count("page.done") == finished
    assert campaign.outcome(it, job_id) == before
    it.trawl.assert_invariants(job_id)
    works_on_alone(it, script, lost, before)


def works_on_alone(it, script, lost, expected):
    """The host that was cut off scans the next job all by itself."""
    for name in [name for name, process in it.running.items() if process is not lost and name != "serve"]:
        assert it.running.pop(name).stop() == 0
    job_id = script.scan()
    campaign.assert_like_undisturbed(it, job_id, expected, "after the cut")
    assert set(it.stop().values()) == {0}


def leased_by(it, job_id):
    """The host of a worker in the middle of a page of which some objects were fetched already."""
    rows = it.query("SELECT lease_owner FROM page_states WHERE job_id = ? AND state = 'leased' ORDER BY shard, page_no", job_id)
    return rows and len(it.bucket.gets()) > 10 and rows[0][0].split("/")[0]
