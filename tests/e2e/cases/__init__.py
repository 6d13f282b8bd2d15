"""The cases, by what they are about. A case is a function of a World; importing a module here registers nothing by itself:
`all_cases()` collects what the modules marked with @case."""
import dataclasses
import importlib
import typing

MODULES = ("verdicts", "approvals", "lost_guard", "tampering", "trees", "launching", "scopes", "runs", "doctor", "flows", "pods", "direct_pods", "pod_launchers", "agent_sign_in", "divergence", "data_in_pods")


@dataclasses.dataclass
class Case:
    name: str
    what: str
    function: typing.Callable
    agents: tuple  # of "claude", "codex", "codex-ws", "opencode", "gemini", "openclaw"
    ways: tuple    # of "init", "run", "pod"
    needs_guard: bool  # unguarded, this case must fail by an Effect: that shows that its oracle sees


def case(what, agents=("claude", "codex"), ways=("init", "run"), needs_guard=True):
    def mark(function):
        function.case = Case(function.__name__, what, function, agents, ways, needs_guard)
        return function
    return mark


def all_cases():
    found = []
    for name in MODULES:
        module = importlib.import_module(f"cases.{name}")
        found += [thing.case for thing in vars(module).values() if hasattr(thing, "case") and thing.__module__ == module.__name__]
    return found
