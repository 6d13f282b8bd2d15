"""An agent that is signed in by a file, not by a variable: in a pod the file has placeholders, and its requests are signed in all the same."""
import hashlib
import json
import time

from cases import case
from cases.pods import KEYS
from cases.runs import summary
from model import says, shell

TOKEN = "sk-ant-oat01-R3alAccessTokenOfTheAccount-0123456789abcdef"
REFRESH = "sk-ant-ort01-R3alRefreshTokenOfTheAccount-0123456789abcd"


def expect_kept_outside(world, run, secrets, value, beginning):
    """`value` signed the requests in; none of `secrets` is seen in the pod, where something else begins as `value` does."""
    seen = world.made("seen.txt").read_text()
    for secret in secrets:
        world.expect_effect(secret not in seen, "what the agent is signed in by is in the pod")
    world.expect(run.code == 0, f"the run ended with {run.code}: {(run.err + run.out).strip()[-300:]}")
    world.expect(beginning in seen, "there is no placeholder either")
    world.expect(world.model.keys() == {hashlib.sha256(value.encode()).hexdigest()}, "the model saw another key")
    world.expect(summary(run)["pod"]["credentials"]["used"], "no use of it is on record")


@case("an API key in Codex's auth.json stays outside; its requests are signed in with it", agents=("codex",), ways=("pod",))
def pod_sign_in_by_file(world):
    world.write("look", KEYS, executable=True)
    world.script(says(shell("./look HOME")), says("done"))
    config = world.home / ".codex/config.toml"
    config.write_text(config.read_text().replace('env_key = "MOCK_KEY"', "requires_openai_auth = true"))
    world.write(world.home / ".codex/auth.json", json.dumps({"OPENAI_API_KEY": world.agent.key}))
    world.guard()
    run = world.go(weir_arguments=("--json",), env={"MOCK_KEY": ""})
    expect_kept_outside(world, run, [world.agent.key], world.agent.key, '"OPENAI_API_KEY": "sk-ant-api03-')


@case("the tokens of an account in Claude Code's .credentials.json stay outside; its requests carry the access token, inside TLS",
      agents=("claude",), ways=("pod",))
def pod_sign_in_of_an_account(world):
    world.write("look", KEYS, executable=True)
    world.script(says(shell("./look HOME")), says("done"))
    world.model_at("api.anthropic.com")
    expires = int(time.time() + 86400) * 1000
    world.write(world.home / ".claude/.credentials.json", json.dumps({"claudeAiOauth": {
        "accessToken": TOKEN, "refreshToken": REFRESH, "expiresAt": expires, "scopes": ["user:inference", "user:profile"],
        "subscriptionType": "max"}}))
    world.guard()
    run = world.go(weir_arguments=("--json", "--allow-private", "api.anthropic.com:443"),
                   env={"ANTHROPIC_API_KEY": "", "ANTHROPIC_BASE_URL": "", "CLAUDE_CODE_MAX_RETRIES": "1"})
    expect_kept_outside(world, run, [TOKEN, REFRESH], TOKEN, '"accessToken": "sk-ant-oat01-')
