"""The results as a table of classes and contestants, and as JSON."""
import trial

NOT_APPLICABLE = "not applicable"


class Report:
    def __init__(self, chosen, results):
        self.chosen, self.results = chosen, results
        self.names = list(results)

    def result(self, name, probe):
        return self.results[name].get(probe.full_name, (NOT_APPLICABLE, ""))

    def failures(self):
        """(probe, contestant, what is wrong): Weir did not hold, or the probe proves nothing."""
        for probe in self.chosen:
            for name in self.names:
                result, note = self.result(name, probe)
                if name == "bare":
                    if not probe.bare and result != trial.THROUGH and not (probe.may_lack and result == trial.HELD):
                        yield probe, name, f"proves nothing: {result}; {note}"
                elif name.startswith("weir") and result not in (trial.THROUGH if probe.wanted else trial.HELD, NOT_APPLICABLE):
                    yield probe, name, f"{result}: {probe.effect.text}; {note}"

    def lacking(self):
        """Probes of what this machine's kernel does not have."""
        return [probe for probe in self.chosen if "bare" in self.names and probe.may_lack and self.result("bare", probe)[0] == trial.HELD]

    def untried(self):
        """Probes that Weir was not tried with, as this Weir cannot let a host through."""
        weirs = [name for name in self.names if name.startswith("weir")]
        return [probe for probe in self.chosen if weirs and all(self.result(name, probe)[0] == NOT_APPLICABLE for name in weirs)]

    def text(self):
        failures = list(self.failures())
        lines = [*self.rows(), ""]
        lines += [f"{name}: {probe.full_name} ({probe.what}): {what}" for probe, name, what in failures]
        if self.lacking():
            lines.append("not in this kernel, so these prove nothing here: " + " ".join(probe.full_name for probe in self.lacking()))
        if self.untried():
            lines.append(f"{len(self.untried())} probes were not tried with Weir: they are about allowed hosts, and this weir has no --allow")
        failed = {probe.full_name for probe, _, _ in failures}
        skipped = {probe.full_name for probe in [*self.lacking(), *self.untried()]} - failed
        return "\n".join([*lines, f"{len(self.chosen) - len(failed) - len(skipped)} passed, {len(failed)} failed, {len(skipped)} skipped"])

    def rows(self):
        """Of each class how many probes got through, of how many that were tried."""
        rows = {}
        for probe in self.chosen:
            for row in (probe.group, "works" if probe.wanted else "all attacks"):
                rows.setdefault(row, {})[probe.full_name] = probe
        rows = {name: rows[name] for name in sorted(rows, key=lambda name: (name == "works", name == "all attacks"))}
        yield f"{'got through':14} {'probes':>6} " + " ".join(f"{name:>12}" for name in self.names)
        for row, members in rows.items():
            cells = [self.cell(name, members.values()) for name in self.names]
            yield f"{row:14} {len(members):6} " + " ".join(f"{cell:>12}" for cell in cells)

    def cell(self, name, members):
        results = [self.result(name, probe)[0] for probe in members]
        tried = [result for result in results if result != NOT_APPLICABLE]
        broken = results.count(trial.BROKEN)
        return f"{results.count(trial.THROUGH)}/{len(tried)}" + (f" ({broken}!)" if broken else "")

    def as_json(self):
        return {"contestants": self.names,
                "probes": [{"class": probe.group, "name": probe.name, "what": probe.what, "effect": probe.effect.text,
                            "not_bare_because": probe.bare,
                            "results": {name: dict(zip(("result", "note"), self.result(name, probe))) for name in self.names}}
                           for probe in self.chosen]}
