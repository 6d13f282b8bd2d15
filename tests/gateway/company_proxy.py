#!/usr/bin/env python3
"""Pods of a machine that knows no name of the internet and reaches it through a company's proxy: company_proxy.py DIRECTORY_OF_THE_PROGRAMS

The network is that of egress_clients.py, but for the names: only connect_proxy.py, at the host's loopback, knows where they lead. What got out is
judged by the servers' log, what was asked of the proxy by its own.
"""

import base64
import json
import os
import subprocess
import sys

from egress_clients import CABLE, HERE, World, in_namespaces, run_tests

SECRET = "company-secret"
PROXY = f"http://ann:{SECRET}@127.0.0.1:3129"


class Company(World):
    hosts = "127.0.0.1 localhost\n10.7.7.7 near.example\n"

    def __init__(self, programs, top):
        super().__init__(programs, top)
        self.variables = {"HTTPS_PROXY": PROXY, "http_proxy": PROXY, "NO_PROXY": "localhost,near.example"}
        self.asked_log = top / "asked"
        self.proxy = subprocess.Popen([sys.executable, HERE / "connect_proxy.py", "3129", self.asked_log], stdout=subprocess.PIPE, text=True)
        self.proxy.stdout.readline()

    def environment(self):
        return {**super().environment(), **self.variables}

    def asked(self):
        lines = self.asked_log.read_text().splitlines() if self.asked_log.exists() else []
        self.asked_log.unlink(missing_ok=True)
        return lines

    def pod(self, script, *options):
        self.asked()  # of an earlier pod
        return super().pod(script, *options)

    def close(self):
        self.proxy.kill()
        self.proxy.wait()
        super().close()


def clients_get_out(world):
    done, reached = world.pod("curl -sS --cacert root.pem https://a.example/hello; curl -sS http://a.example/hello; "
                              "head -c 3000000 /dev/zero | curl -sS --cacert root.pem -T - -X POST https://a.example/x", "--allow", "a.example")
    assert done.stdout.count("hello from outside") == 2 and "got 3000000" in done.stdout, (done.stdout, done.stderr)
    assert reached, "nothing arrived"
    asked = world.asked()
    assert [line for line in asked if not line.endswith(" let")] == [] and {line.split(" ")[1] for line in asked} == {"a.example:443", "a.example:80"}, asked


def without_it_there_is_no_way(world):
    """Else the test above says nothing."""
    kept, world.variables = world.variables, {}
    done, reached = world.pod("curl -sS --cacert root.pem https://a.example/hello", "--allow", "a.example")
    world.variables = kept
    assert done.returncode != 0 and [one for one in reached if one["scheme"] != "udp"] == [] and world.asked() == [], (done.stdout, done.stderr, reached)


def what_is_not_allowed_is_not_asked_of_it(world):
    done, reached = world.pod("curl -sS -k https://evil.example/; curl -sS -k --connect-to a.example:443:a.example:443 -H 'Host: evil.example' http://a.example/;"
                              "curl -sS -k --resolve evil.example:443:$(getent hosts a.example | cut -d' ' -f1) https://evil.example/;"
                              "curl -sS -k -p -x http://127.0.0.1:3128 https://evil.example/; curl -sS -k -p -x http://127.0.0.1:3129 https://evil.example/; true", "--allow", "a.example")
    assert reached == [], (reached, done.stdout)
    assert [line for line in world.asked() if "evil" in line] == [], done.stderr


def inside_tls_the_server_is_known(world):
    """Where the proxy leads a name cannot be checked by its address; with --inspect the certificate is."""
    done, reached = world.pod("curl -sS https://a.example/hello", "--inspect", "a.example")
    assert "unable to get local issuer certificate" in done.stdout and [one for one in reached if "method" in one] == [], (done.stdout, reached)
    assert any("a.example:443" in line for line in world.asked())


def what_is_near_is_dialled_directly(world):
    done, reached = world.pod("curl -sS -k https://near.example/hello; true", "--allow-private", "near.example:443")
    assert world.asked() == [] and reached, (done.stdout, done.stderr, reached)


def the_pod_and_the_record_know_nothing_of_it(world):
    done, _ = world.pod("env; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; cat /etc/resolv.conf /etc/hosts; curl -sS --cacert root.pem https://a.example/hello; touch kept",
                        "--json", "--allow", "a.example")
    assert "hello from outside" in done.stdout, (done.stdout, done.stderr)
    told = json.loads(done.stderr.splitlines()[-1])
    assert any("this machine's proxy" in one for one in told["report"]["weaknesses"]), told["report"]["weaknesses"]
    assert "proxy 127.0.0.1:3129" in json.dumps(told["egress"]), told["egress"]
    for secret in (SECRET, base64.b64encode(f"ann:{SECRET}".encode()).decode()):
        assert secret not in done.stdout + done.stderr
        found = subprocess.run(["grep", "-rlF", secret, world.top / "weir"], capture_output=True, text=True)
        assert found.stdout == "", found.stdout
    assert "3129" not in done.stdout and "PROXY" not in done.stdout.upper().replace("PROXY 127", ""), done.stdout[-500:]
    world.asked()


def other_credentials_are_told(world):
    kept, world.variables = world.variables, {"HTTPS_PROXY": "http://ann:wrong-one@127.0.0.1:3129"}
    done, reached = world.pod("curl -sS --cacert root.pem https://a.example/hello", "--allow", "a.example")
    world.variables = kept
    assert done.returncode != 0 and reached == [] and "wants other credentials (407)" in done.stderr and "wrong-one" not in done.stderr, done.stderr
    assert world.asked() == ["CONNECT a.example:443 HTTP/1.1 refused"]


def a_proxy_of_another_kind_is_told(world):
    kept, world.variables = world.variables, {"ALL_PROXY": f"socks5h://ann:{SECRET}@127.0.0.1:1080"}
    done, _ = world.pod("true", "--allow", "a.example")
    world.variables = kept
    assert done.returncode == 0 and "ALL_PROXY is not used" in done.stderr and SECRET not in done.stderr, done.stderr


TESTS = [clients_get_out, without_it_there_is_no_way, what_is_not_allowed_is_not_asked_of_it, inside_tls_the_server_is_known, what_is_near_is_dialled_directly,
         the_pod_and_the_record_know_nothing_of_it, other_credentials_are_told, a_proxy_of_another_kind_is_told]


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(in_namespaces(lambda: run_tests(TESTS, Company), CABLE))
