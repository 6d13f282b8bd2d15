#!/usr/bin/env python3
"""Credentials that never enter the pod: credential_hunt.py DIRECTORY_OF_THE_PROGRAMS

The network is that of egress_clients.py. What programs really sent is judged by the servers' log, and whether a value is in the pod by a
hostile program that looks for it at every place that it can think of.
"""

import base64
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import time

from egress_clients import CABLE, World, in_namespaces, run_tests

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
    assert "Basic " + base64.b64encode(b"t:" + REAL.encode()).decode() in sent, sent


# What the control run cannot show: places to which a variable does not come.
NOT_SHOWN_BY_A_VARIABLE = {"first_process", "run_directory", "etc", "certificates", "core_dump", "keyrings", "sockets", "mounts", "names", "proxies", "open_files",
                           "a_second_request", "relayed", "another_host_behind_the_name"}


def hunted(world, *options):
    """What the hostile program found, and what the servers got."""
    shutil.copy(HERE / "credential_hunter.py", world.project / "hunter.py")
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in (REAL, REAL.lower())]
    done, reached = world.pod("python3 hunter.py " + " ".join(digests), *options)
    assert done.returncode == 0, (done.stdout[-500:], done.stderr[-1500:])
    return json.loads(done.stdout.splitlines()[-1]), reached, done


def told(reached, where):
    """Everything that servers of this kind were sent, in every form that matters."""
    out = []
    for one in reached:
        if where(one):
            out += [one["path"], one["body"], *(value for _, value in one["fields"])]
    for text in list(out):
        for word in text.replace(":", " ").split():
            try:
                out.append(base64.b64decode(word, validate=True).decode("latin-1"))
            except ValueError:
                pass
    return "\n".join(out)


def the_hunt(world):
    """Nothing is found in the pod, and the authorised server, that one alone, saw the value."""
    both = (*GIVEN, "--inspect", "other.example", "--allow", "other.example:80", "--allow", "api.example:80")
    found, reached, done = hunted(world, *both)
    hits = [place for place, result in found.items() if result is True]
    assert hits == [], (hits, done.stderr[-1000:])
    unread = {place: result for place, result in found.items() if isinstance(result, str)}
    assert len(found) - len(unread) >= 40, unread
    api = told(reached, lambda one: one["place"] == "93.184.216.34" and one["scheme"] == "https")
    elsewhere = told(reached, lambda one: not (one["place"] == "93.184.216.34" and one["scheme"] == "https"))
    assert REAL in api and REAL not in elsewhere and REAL[8:30] not in elsewhere, elsewhere[:500]
    paths = [one["path"] for one in reached if one["place"] == "93.184.216.34"]
    assert not any(one["method"] == "TRACE" for one in reached) and not any("key=" in path for path in paths), paths
    return f"{len(found) - len(unread)} places, nothing found" + (f"; not readable: {unread}" if unread else "")


def the_hunt_can_find(world):
    """The same program finds the value nearly everywhere when the pod has it."""
    found, reached, _ = hunted(world, "--env", "API_TOKEN", "--allow", "api.example", "--allow", "other.example")
    missed = [place for place, result in found.items() if result is not True and place not in NOT_SHOWN_BY_A_VARIABLE]
    assert missed == [], {place: found[place] for place in missed}
    assert REAL in told(reached, lambda one: one["place"] == "93.184.216.35")
    return f"{sum(result is True for result in found.values())} places"


def what_is_told(world):
    done, _ = world.pod(f"""for i in 1 2; do curl -sS -H "X-Api-Key: $API_TOKEN" 'https://api.example/v1/things/4711?q=1' > /dev/null; done
curl -sS "https://api.example/echo?key=$API_TOKEN"; curl -sS -H "Authorization: Bearer $API_TOKEN" https://other.example/echo""", *GIVEN, "--inspect", "other.example", "--json")
    egress = json.loads(done.stderr.splitlines()[-1])["egress"]
    [used] = egress["credentials"]
    assert (used["credential"], used["host"], used["method"], used["path"], used["times"]) == ("API_TOKEN", "api.example", "GET", "/v1/things/*", 2), used
    assert {(one["host"], one["reason"]) for one in egress["refused"]} == {("api.example", "misused_credential"), ("other.example", "misused_credential")}, egress
    assert REAL not in done.stdout + done.stderr and done.stdout.count("refused this request") == 2, done.stdout


def only_what_rules_allow(world):
    done, reached = world.pod("""for what in 'GET /repos/a' 'POST /repos/a' 'GET /user' 'GET /repos/../user' 'GET /repos/%2e%2e/user'; do set -- $what
curl -sS --path-as-is -o /dev/null -w '%{http_code} ' -X $1 https://api.example$2; done; curl -sS -o /dev/null -w '%{http_code}' -H 'Host: other.example' https://api.example/repos/a""",
                              "--inspect", "api.example GET,HEAD /repos/*")
    assert done.stdout == "200 403 403 403 403 403", (done.stdout, done.stderr)
    assert [(one["method"], one["path"]) for one in reached] == [("GET", "/repos/a")], reached


def large_bodies(world):
    """Both ways, as they are."""
    large = world.top / "www/repo.git/large"
    large.write_bytes(bytes(range(256)) * (1 << 17))
    done, _ = world.pod("""curl -sS -u t:$API_TOKEN https://api.example/repo.git/large | sha256sum | cut -d' ' -f1
head -c 30000000 /dev/zero | curl -sS -T - -H "X-Api-Key: $API_TOKEN" https://api.example/echo | wc -c""", *GIVEN)
    digest = hashlib.sha256(large.read_bytes()).hexdigest()
    large.unlink()
    first, second = done.stdout.split()
    assert first == digest and int(second) > 30000000, (done.stdout, done.stderr)


def a_server_that_closes_idle_connections(world):
    """Clients notice, and go on with another one."""
    done, reached = world.pod('curl -sS -o /dev/null -w "%{http_code} " -H "X-Api-Key: $API_TOKEN" https://api.example/bye https://api.example/bye https://api.example/echo', *GIVEN)
    assert done.stdout.count("200") == 3 and len(reached) == 3, (done.stdout, done.stderr)


def weir(world, *arguments, value=""):
    done = subprocess.run([str(world.weir), *arguments], input=value, env=world.environment(), capture_output=True, text=True)
    assert done.returncode == 0 and REAL not in done.stdout + done.stderr, (arguments, done)
    return done.stdout


def kept_revoked_and_expired(world):
    """What is kept is found nowhere in Weir's state, and is used until it is revoked or its time is over."""
    weir(world, "credential", "add", "api", "--host", "api.example", "--path", "/v1/*", "--variable", "KEPT", "--file", "~/.apirc=key={}", value=REAL + "\n")
    weir(world, "credential", "add", "short", "--host", "api.example", "--variable", "SHORT", "--expires", "3s", "--from-env", "OTHER_TOKEN")
    assert "api  kept" in weir(world, "credential", "list")
    kept = [path for path in (world.top / "weir").rglob("credentials/**/*") if path.is_file()]
    assert len(kept) >= 4 and not any(REAL.encode() in path.read_bytes() for path in kept), kept
    script = """ask() { curl -sS -o /dev/null -w '%{http_code} ' -H "X-Api-Key: $1" https://api.example$2; }
[ "$(cat ~/.apirc)" = "key=$KEPT" ] && echo filed; ask $KEPT /v1/x; ask $KEPT /v2; ask $SHORT /; echo; read go; ask $KEPT /v1/x; ask $SHORT /; echo"""
    pod = subprocess.Popen(world.argv(script, "--credential", "api", "--credential", "short"), cwd=world.project, env=world.environment(), stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    before = [pod.stdout.readline() for _ in range(2)]
    weir(world, "credential", "revoke", "api")
    time.sleep(3)
    after, told = pod.communicate("go\n", timeout=60)
    assert before == ["filed\n", "200 403 200 \n"] and after == "403 403 \n", (before, after, told)
    assert "credential api is revoked" in told and "credential short is expired" in told, told
    refused, _ = world.pod("true", "--credential", "api")
    assert refused.returncode == 125 and "revoked" in refused.stderr, refused
    weir(world, "credential", "remove", "api")
    assert [line.split()[0] for line in weir(world, "credential", "list").splitlines()] == ["short"]


AWS_KEYS = ("AKIAR3ALKEYID0123456", "R3alSecret/Key+ofAws0123456789abcdefghij", "R3alSessionToken0123456789")
# A signer of its own, as the manual says; not Weir's and not botocore's.
SIGNER = """
import hashlib, hmac, os, ssl, sys, urllib.request

def signature(secret, fields, method, path, query, date, region, service, body_hash):
    names = ";".join(sorted(fields))
    text = "\\n".join([method, path, query, *(f"{n}:{fields[n]}" for n in sorted(fields)), "", names, body_hash])
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    key = ("AWS4" + secret).encode()
    for word in (date[:8], region, service, "aws4_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    text = "\\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(text.encode()).hexdigest()])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), scope, names
"""


def aws_is_signed_anew(world):
    """By the real key, and only then; what the program signed with is worth nothing."""
    weir(world, "credential", "add", "aws", "--host", "api.example", "--as", "aws-sigv4:eu-west-1/sts", *(
        word for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN") for word in ("--variable", name)), value=":".join(AWS_KEYS))
    (world.project / "signer.py").write_text(SIGNER)
    (world.project / "call.py").write_text("""import hashlib, os, sys, urllib.request
from signer import signature
body = b"Action=GetCallerIdentity"
key, secret, token = (os.environ["AWS_" + n] for n in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"))
fields = {"host": "api.example", "x-amz-date": "20261123T110000Z", "x-amz-security-token": token, "content-type": "text/plain"}
made, scope, names = signature(secret, fields, "POST", "/aws/x", "a=1&b=2", fields["x-amz-date"], sys.argv[1], "sts", hashlib.sha256(body).hexdigest())
authorization = f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={made}"
try:
    print(urllib.request.urlopen(urllib.request.Request("https://api.example/aws/x?a=1&b=2", body, {**fields, "Authorization": authorization})).status)
except urllib.error.HTTPError as error:
    print(error.code)
""")
    done, reached = world.pod("python3 call.py eu-west-1; python3 call.py us-east-1", "--credential", "aws")
    assert done.stdout == "200\n403\n" and len(reached) == 1, (done.stdout, done.stderr, reached)
    module = {}
    exec(SIGNER, module)
    got = {name.lower(): value for name, value in reached[0]["fields"]}
    fields = {name: got[name] for name in ("host", "x-amz-date", "x-amz-security-token", "content-type")}
    expected, _, _ = module["signature"](AWS_KEYS[1], fields, "POST", "/aws/x", "a=1&b=2", got["x-amz-date"], "eu-west-1", "sts",
                                         hashlib.sha256(reached[0]["body"].encode()).hexdigest())
    assert got["authorization"].endswith(expected) and f"Credential={AWS_KEYS[0]}/" in got["authorization"], got
    assert got["x-amz-security-token"] == AWS_KEYS[2] and AWS_KEYS[1] not in str(reached), got


def a_server_that_cannot_be_trusted(world):
    """Its certificate is for another name: nothing is sent."""
    done, reached = world.pod('curl -sS -H "X-Api-Key: $API_TOKEN" https://untrusted.example/echo', "--credential", "API_TOKEN@untrusted.example")
    assert "hostname mismatch" in done.stdout and reached == [], (done.stdout, done.stderr, reached)


TESTS = [usual_clients, the_hunt, the_hunt_can_find, what_is_told, only_what_rules_allow, large_bodies, kept_revoked_and_expired, aws_is_signed_anew,
         a_server_that_closes_idle_connections, a_server_that_cannot_be_trusted]


if __name__ == "__main__":
    sys.exit(in_namespaces(lambda: run_tests(TESTS, Api), CABLE))
