"""Hosts on a network of their own: network namespaces around a bridge that lives in one more of them, the switch.

    with Network(["one", "two"]) as network:
        with network.inside("one"): …        # this thread, and whatever it starts, is on that host
        network.cut("one"); network.mend("one")

Nothing is left behind: all links are in the namespaces, and these go with the context manager. Needs CAP_SYS_ADMIN and
CAP_NET_ADMIN; why_not() says what is missing."""
import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000  # <linux/sched.h>
NETWORK = "10.213.77"
_libc = ctypes.CDLL(None, use_errno=True)


def why_not():
    """What keeps us from making namespaces, in a word; None: nothing."""
    name = f"trawl-{os.getpid()}-try"
    try:
        _ip("netns", "add", name)
    except (OSError, RuntimeError) as error:
        return str(error)
    try:
        _ip("-n", name, "link", "add", "port", "type", "veth", "peer", "name", "other")
        _ip("-n", name, "link", "add", "switch", "type", "bridge")
        with _inside(name):
            return None
    except (OSError, RuntimeError) as error:
        return str(error)
    finally:
        _ip("netns", "del", name)


def _ip(*args):
    done = subprocess.run(["ip", *args], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(args)}: {done.stderr.strip()}")


@contextlib.contextmanager
def _inside(name):
    """This thread is in the namespace meanwhile; threads and processes that it starts stay there."""
    with open("/proc/thread-self/ns/net", "rb") as own, open(f"/run/netns/{name}", "rb") as other:
        _enter(other)
        try:
            yield
        finally:
            _enter(own)


def _enter(file):
    if _libc.setns(file.fileno(), CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), f"setns: {os.strerror(ctypes.get_errno())}")


class Network:
    """The switch has the first address, and each host the next."""

    def __init__(self, hosts):
        self.hosts = {host: f"{NETWORK}.{number}" for number, host in enumerate(hosts, start=2)}
        self.address = f"{NETWORK}.1"
        self._stack = contextlib.ExitStack()

    def name(self, host):
        return f"trawl-{os.getpid()}-{host}"

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self._namespace(stack, "switch")
            _ip("-n", self.name("switch"), "link", "add", "bridge", "type", "bridge")
            _ip("-n", self.name("switch"), "addr", "add", f"{self.address}/24", "dev", "bridge")
            _ip("-n", self.name("switch"), "link", "set", "bridge", "up")
            for host, address in self.hosts.items():
                self._namespace(stack, host)
                self._connect(host, address)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _namespace(self, stack, host):
        _ip("netns", "add", self.name(host))
        stack.callback(_ip, "netns", "del", self.name(host))
        _ip("-n", self.name(host), "link", "set", "lo", "up")

    def _connect(self, host, address):
        switch, there = self.name("switch"), self.name(host)
        _ip("-n", switch, "link", "add", self._port(host), "type", "veth", "peer", "name", "eth0", "netns", there)
        _ip("-n", switch, "link", "set", self._port(host), "master", "bridge")
        _ip("-n", switch, "link", "set", self._port(host), "up")
        _ip("-n", there, "addr", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", there, "link", "set", "eth0", "up")

    @staticmethod
    def _port(host):
        return f"to-{host}"[:15]

    def inside(self, host):
        return _inside(self.name(host))

    def cut(self, host):
        """The cable is out."""
        _ip("-n", self.name("switch"), "link", "set", self._port(host), "down")

    def mend(self, host):
        _ip("-n", self.name("switch"), "link", "set", self._port(host), "up")

    def lose(self, host, other):
        """What the host sends to the other one is lost; all else arrives."""
        _ip("-n", self.name(host), "route", "add", "blackhole", f"{self.hosts[other]}/32")

    def find(self, host, other):
        _ip("-n", self.name(host), "route", "del", "blackhole", f"{self.hosts[other]}/32")
