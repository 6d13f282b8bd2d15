"""The scripted model: says what a case wrote down, and keeps what the agent told it.

    model = Model(checkout, folder, [says(shell("echo hi")), says("done")])
    model.told()      # every tool result the model received, in order: "hi", or the reason of a refusal
"""
import json
import pathlib
import re
import subprocess
import time

import agents

HERE = pathlib.Path(__file__).resolve().parent


def shell(command):
    """A call of whatever tool of the agent runs shell commands."""
    return {"name": "shell", "input": {"command": command, "description": "scripted"}}


def call(name, **arguments):
    return {"name": name, "input": arguments}


def says(*parts, wait_for=None):
    """One turn of the model: text and calls. With wait_for it is said once that file exists."""
    step = {"text": " ".join(part for part in parts if isinstance(part, str)) or "working",
            "calls": [part for part in parts if not isinstance(part, str)]}
    return step | ({"wait_for": str(wait_for)} if wait_for else {})


class Model:
    def __init__(self, checkout, folder, steps, when=(), summary=None):
        """`steps` is the main conversation; `when` has (regular expression on the prompt, steps) for sub-agents; `summary` is
        what it answers to requests without tools, as for the text of a page."""
        folder.mkdir(parents=True, exist_ok=True)
        self.record = folder / "record"
        conversations = [{"when": pattern, "steps": list(those)} for pattern, those in when] + [{"steps": list(steps)}]
        scenario = folder / "scenario.json"
        aside = {"side_text": summary} if summary else {}
        scenario.write_text(json.dumps({"conversations": conversations} | aside))
        self.log = folder / "model.log"
        self.process = subprocess.Popen(
            [str(agents.node(checkout)), str(HERE / "mock-model/mock-model.mjs"), "--port", "0", "--scenario", str(scenario),
             "--record", str(self.record), "--ttl", "900"], stderr=self.log.open("w"), stdin=subprocess.DEVNULL)
        self.port = self.wait_for_port()

    def wait_for_port(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = re.search(r"mock-model on http://127\.0\.0\.1:(\d+)", self.log.read_text())
            if found:
                return int(found.group(1))
            time.sleep(0.02)
        raise RuntimeError(f"the scripted model did not start: {self.log.read_text()[-300:]}")

    def requests(self):
        """Every request, in order: (kind, body). Kinds: anthropic, responses, ws-upgrade, ws-response.create, …"""
        found = []
        for path in sorted(self.record.glob("*.json")) if self.record.is_dir() else []:
            try:
                found.append((path.stem.split("-", 1)[1], json.loads(path.read_text()).get("body")))
            except json.JSONDecodeError:
                continue  # is being written
        return found

    def keys(self):
        """SHA-256 of each key that a request was signed in with, in hexadecimal."""
        found = set()
        for path in self.record.glob("*.json") if self.record.is_dir() else []:
            found.update(re.findall(r"<redacted sha256:([0-9a-f]{64})>", path.read_text()))
        return found

    def told(self):
        """What the model was given back for each call it made, once each, in the order it heard of them."""
        heard = {}
        for _, body in self.requests():
            for identity, text in tool_results(body if isinstance(body, dict) else {}):
                heard.setdefault(identity, text)
        return list(heard.values())

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=10)


def tool_results(body):
    for message in body.get("messages") or []:  # Anthropic Messages
        for part in message.get("content") if isinstance(message.get("content"), list) else []:
            if part.get("type") == "tool_result":
                yield part.get("tool_use_id"), plain(part.get("content"))
        if message.get("role") == "tool":  # OpenAI Chat Completions
            yield message.get("tool_call_id"), plain(message.get("content"))
    for item in body.get("input") if isinstance(body.get("input"), list) else []:  # OpenAI Responses
        if str(item.get("type")).endswith("_call_output"):
            yield item.get("call_id"), plain(item.get("output"))
    for message in body.get("contents") or []:  # Gemini
        for part in message.get("parts") or []:
            if "functionResponse" in part:
                yield part["functionResponse"].get("id"), plain((part["functionResponse"].get("response") or {}).get("output"))


def plain(content):
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))
    return "" if content is None else json.dumps(content)
