"""A one-node Ceph with radosgw on loopback, in memory, for as long as a test session lasts.

One monitor, one object store daemon (memstore) and one gateway, from Debian's packages. All of them run in the
foreground as our own children, so that they are ended by their own process ids and nothing is left behind.
"""
import json
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid

# Made-up keys for a server that lives for a minute; nothing else knows them.
ACCESS_KEY = "EXAMPLE0ACCESS0KEY00"
SECRET_KEY = "example/secret+key/" + "0" * 21

CONFIG = """\
[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{mon_v2},v1:127.0.0.1:{mon_v1}]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
# The gateway insists on encrypted monitor connections by default, which needs the authentication that is off here.
ms_mon_client_mode = crc
ms_bind_ipv6 = false
run_dir = {root}/run
admin_socket = {root}/run/$name.asok
pid_file = {root}/run/$name.pid
log_file = {root}/log/$name.log
crash_dir = {root}/log
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
[mon]
mon_data = {root}/mon
mon_initial_members = a
mon_data_avail_crit = 1
mon_data_avail_warn = 2
mon_cluster_log_file = {root}/log/cluster.log
[osd]
osd_data = {root}/osd
osd_objectstore = memstore
osd_class_load_list = *
osd_class_default_list = *
osd_max_object_name_len = 2048
osd_op_num_shards = 2
osd_op_num_threads_per_shard = 2
memstore_device_bytes = 4294967296
memstore_page_set = false
[client.rgw]
rgw_data = {root}/rgw
rgw_frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw_thread_pool_size = 64
rgw_dynamic_resharding = false
rgw_override_bucket_index_max_shards = 11
rgw_enable_usage_log = false
rgw_enable_ops_log = false
rgw_dns_name = s3.localhost
rgw_s3_auth_use_sts = true
rgw_sts_key = abcdefghijklmnop
"""


def free_ports(count):
    """Ports that were free a moment ago, all different."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_until(is_true, seconds, what):
    """Polls until is_true() gives something true, and returns that; fails after a deadline."""
    deadline = time.monotonic() + seconds
    while True:
        result = is_true()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Radosgw:
    """start() answers once buckets can be made; stop() ends every daemon."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.config = self.root / "ceph.conf"
        self.daemons = []
        self.port, self.mon_v1, self.mon_v2 = free_ports(3)
        self.endpoint = f"http://127.0.0.1:{self.port}"
        # A name of which BUCKET.name also leads here: libcurl resolves everything below localhost to loopback.
        self.virtual_endpoint = f"http://s3.localhost:{self.port}"
        self.access_key, self.secret_key = ACCESS_KEY, SECRET_KEY

    def _run(self, *command, timeout=60):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=timeout, check=False, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr or done.stdout}")
        return done.stdout

    def _daemon(self, *command):
        with open(self.root / "log" / "daemons.out", "ab") as log:
            self.daemons.append(subprocess.Popen([*command, "-f"], stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def _osd_is_up(self):
        try:
            status = json.loads(self._run("ceph", "-c", str(self.config), "osd", "stat", "-f", "json", timeout=20))
        except (RuntimeError, ValueError, subprocess.TimeoutExpired):
            return False
        return status.get("num_up_osds", 0) == 1

    def _gateway_answers(self):
        try:
            with urllib.request.urlopen(self.endpoint, timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def start(self):
        for folder in ("mon", "osd", "rgw", "run", "log"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        fsid = str(uuid.uuid4())
        config = str(self.config)
        self.config.write_text(CONFIG.format(fsid=fsid, root=self.root, port=self.port, mon_v1=self.mon_v1,
                                             mon_v2=self.mon_v2))
        monmap, keyring = str(self.root / "monmap"), str(self.root / "keyring")
        addresses = f"[v2:127.0.0.1:{self.mon_v2},v1:127.0.0.1:{self.mon_v1}]"
        self._run("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", addresses, monmap)
        self._run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        self._run("ceph-mon", "-c", config, "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
        self._daemon("ceph-mon", "-c", config, "-i", "a")
        osd = str(uuid.uuid4())
        self._run("ceph", "-c", config, "--connect-timeout", "60", "osd", "new", osd, "0", timeout=90)
        self._run("ceph-osd", "-c", config, "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._daemon("ceph-osd", "-c", config, "-i", "0")
        wait_until(self._osd_is_up, 90, "the object store daemon is up")
        self._daemon("radosgw", "-c", config, "-n", "client.rgw")
        wait_until(self._gateway_answers, 120, "radosgw answers")
        self.add_user("trawl", self.access_key, self.secret_key, caps="user-policy=*;roles=*")
        return self

    def add_user(self, name, access_key, secret_key, caps=""):
        self._run("radosgw-admin", "-c", str(self.config), "-n", "client.rgw", "--admin_socket=", "user", "create",
                  "--uid", name, "--display-name", name, "--access-key", access_key, "--secret-key", secret_key,
                  "--max-buckets", "0", *(["--caps", caps] if caps else []))

    def stop(self):
        # Nothing here is to be kept, so nobody waits for an orderly end.
        for daemon in reversed(self.daemons):
            daemon.kill()
            daemon.wait(30)
        self.daemons = []
