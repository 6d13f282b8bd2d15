#!/usr/bin/env python3
"""Credentials that never enter the pod: credential_hunt.py DIRECTORY_OF_THE_PROGRAMS

The network is that of egress_clients.py. What programs really sent is judged by the servers' log, and whether a value is in the pod by a
hostile program that looks for it at every place that it can think of.
"""

import json
import pathlib
import shutil
import sys
import tempfile

from egress_clients import World, in_namespaces, run

HERE = pathlib.Path(__file__).resolve().parent
REAL = "ghp_R3alV4lueOfTheCredential0123456789ab"
OTHER = "sk-ant-api03-An0therRealValue_that-isNot4u-zyxwvutsrq987654"


class Api(World):
    hosts = "127.0.0.1 localhost\n93.184.216.34 api.example untrusted.example\n93.184.216.35 other.example\n"
    names = ("api.example", "other.example")
    internet_program = HERE / "credential_internet.py"

    def environment(self):
        return {**super().environment(), "SSL_CERT_FILE": str(self.top / "tls" / "root.pem"), "API_TOKEN": REAL, "OTHER_TOKEN": OTHER}


GIVEN = ("--credential", "API_TOKEN@api.example")


def fields_of(reached, name):
    return [value for one in reached for field, value in one["fields"] if field.lower() == name]


def usual_clients(world):
    """They find the run's authority by themselves, and the server sees the real value."""
    done, reached = world.pod("""set -e
curl -sS -H "Authorization: Bearer $API_TOKEN" https://api.example/echo > /dev/null
python3 - <<'P'
import os, urllib.request
urllib.request.urlopen(urllib.request.Request("https://api.example/echo", headers={"X-Api-Key": os.environ["API_TOKEN"]})).read()
P
node -e 'fetch("https://api.example/echo", {method: "POST", body: "x".repeat(300000), headers: {authorization: "Bearer " + process.env.API_TOKEN}}).then(r => r.text()).then(t => { if (!t.includes("xxx")) process.exit(1); })'
git -c credential.helper='!f() { echo username=t; echo password=$API_TOKEN; }; f' clone -q https://api.example/repo.git there && cat there/file
""", *GIVEN, "--profile", "node")
    assert done.returncode == 0 and "cloned" in done.stdout, (done.stdout, done.stderr)
    sent = fields_of(reached, "authorization") + fields_of(reached, "x-api-key")
    assert sent.count("Bearer " + REAL) == 2 and REAL in sent, sent
    import base64
    assert "Basic " + base64.b64encode(b"t:" + REAL.encode()).decode() in sent, sent


TESTS = [usual_clients]


def main():
    with tempfile.TemporaryDirectory() as folder:
        world = Api(sys.argv[1], pathlib.Path(folder))
        failed = 0
        try:
            for test in TESTS:
                try:
                    told = test(world)
                    print(f"ok    {test.__name__}{': ' + told if told else ''}", flush=True)
                except AssertionError as error:
                    failed += 1
                    print(f"FAIL  {test.__name__}: {error}", flush=True)
        finally:
            world.close()
        print(f"{len(TESTS) - failed} passed, {failed} failed")
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(in_namespaces(main))
