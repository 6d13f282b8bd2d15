"""Credentials: in files where programs keep them, in the environment, in keyrings."""
from probe import Group, prints, reaches

group = Group("credentials", "credentials of the person")

FILES = {
    "aws": ("~/.aws/credentials", "cloud keys"), "netrc": ("~/.netrc", "passwords of hosts"),
    "git_credentials": ("~/.git-credentials", "git's stored passwords"), "github_cli": ("~/.config/gh/hosts.yml", "GitHub's command line"),
    "npm": ("~/.npmrc", "npm's token"), "docker": ("~/.docker/config.json", "registries of containers"),
    "kube": ("~/.kube/config", "a cluster's token"), "gpg": ("~/.gnupg/private-keys-v1.d/0123.key", "a signing key"),
    "gcloud": ("~/.config/gcloud/application_default_credentials.json", "another cloud's"), "postgres": ("~/.pgpass", "a data base's"),
    "browser": ("~/.mozilla/firefox/x.default/logins.json", "the browser's"), "history": ("~/.bash_history", "passwords typed at a shell"),
    "claude": ("~/.claude/.credentials.json", "an agent's login"), "codex": ("~/.codex/auth.json", "another agent's login"),
    "weir": ("~/.config/weir/notes", "the guard's own files"),
}
for secret, (path, what) in FILES.items():
    group.add(f"file_{secret}", f"{what}: {path}", f"attempt(lambda: show(os.path.expanduser({path!r})))\n", prints(secret))

VARIABLES = {"aws_env": "AWS_SECRET_ACCESS_KEY", "github_env": "GITHUB_TOKEN", "openai_env": "OPENAI_API_KEY",
             "database_env": "DATABASE_URL", "plain_env": "DEPLOY_PASSPHRASE"}
for secret, variable in VARIABLES.items():
    group.add(f"variable_{secret}", f"the starter's environment: {variable}",
              f"attempt(lambda: say(os.environ.get({variable!r}, '')))\n", prints(secret))


@group.probe(prints("aws_env"))
def variable_as_started():
    "the environment as the kernel keeps it, also when a program has cleaned its own"
    show("/proc/self/environ")


@group.probe(prints("github_env"))
def environment_of_ancestors():
    "the environment of whoever started this, up to the first process"
    pid = os.getppid()
    while pid > 1:
        try:
            show(f"/proc/{pid}/environ")
        except OSError:
            pass
        with open(f"/proc/{pid}/stat") as f:
            pid = int(f.read().rsplit(")", 1)[1].split()[1])
    if os.getpid() > 1:
        say(os.environ.get("GITHUB_TOKEN", ""))


@group.probe(prints("openai_env"))
def environment_of_everybody():
    "the environment of every process that can be seen"
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            show(path)
        except OSError:
            continue


@group.probe(prints("session_key"))
def session_keyring():
    "a secret in the keyring of the login session"
    key = call("keyctl", 10, -3, b"user", b"weir-escape", 0)  # KEYCTL_SEARCH
    buffer = ctypes.create_string_buffer(4096)
    call("keyctl", 11, key, buffer, 4096)  # KEYCTL_READ
    say(buffer.value)


@group.probe(reaches("ssh_agent"))
def agent_of_the_environment():
    "the agent of ssh keys that the environment names"
    tell(os.environ.get("SSH_AUTH_SOCK") or B.sockets["ssh_agent"], family=socket.AF_UNIX)


@group.probe(prints("git_credentials"))
def by_the_program_that_uses_them():
    "git, asked for a password as a remote would be given it"
    subprocess.run(["git", "-c", "credential.helper=store", "credential", "fill"], input=b"protocol=https\nhost=git.example.org\n\n",
                   env=os.environ | {"GIT_TERMINAL_PROMPT": "0"})


@group.probe(prints("aws"))
def searched():
    "a search for keys through the whole home"
    run("grep", "-rhs", "aws_secret_access_key", HOME)


@group.probe(prints("aws"))
def archived():
    "the whole home in an archive"
    subprocess.run(["tar", "-C", HOME, "--ignore-failed-read", "-cf", "-", ".aws", ".kube", ".docker"])
