# SPDX-License-Identifier: Apache-2.0
"""The table of the targets, the details behind it and the CSV file."""

import csv

import proxies

ROUTER, SPLICE = "room-router", "haproxy-splice"


def number(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


class Report:
    """Renders samples (rounds.Samples) and absolute figures {key: {proxy: value}}."""

    def __init__(self, samples, figures, names, baseline):
        self.samples = samples
        self.figures = figures
        self.names = names
        self.baseline = baseline

    def table(self, selected, baseline_label):
        titles = ["measure", f"{baseline_label} = 1"]
        titles += [proxies.KINDS[name].label for name in self._others()]
        lines = [titles + ["goal", "room-router"], ["---"] * (len(titles) + 2)]
        for key, workload in selected.items():
            cells = [self._cell(key, workload, name) for name in [self.baseline, *self._others()]]
            lines.append([workload.title, *cells, workload.goal_text,
                          self.verdict(key, workload)])
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def verdict(self, key, workload):
        """met | missed by how much, for the router without access log; – when not measured."""
        value = self.value(key, workload, ROUTER)
        goal = self._goal(key, workload)
        if goal is None or value is None:
            return "–"
        if not workload.meets(value, goal):
            return f"missed by {abs(value / goal - 1):.0%}"
        if not workload.beats_splice:
            return "met"
        splice = self.samples.ratio(key, ROUTER, SPLICE, workload.value)
        if splice is None:
            return "not judged: splice not measured"
        return "met" if splice >= 1 else f"missed: {splice:.2f} × splice"

    def _goal(self, key, workload):
        if workload.beats_baseline:
            return self.value(key, workload, self.baseline)
        return workload.goal

    def value(self, key, workload, name):
        if workload.absolute:
            return self.figures.get(key, {}).get(name)
        return self.samples.ratio(key, name, self.baseline, workload.value)

    def details(self, selected):
        """Per run of the table: spread of the paired ratios, latencies, what was dropped."""
        lines = []
        for key, workload in selected.items():
            if workload.absolute:
                continue
            lines.append(f"{workload.title}")
            for name in self.names:
                lines += self._detail(key, workload, name)
        return "\n".join(lines)

    def write_csv(self, path):
        rows = self.samples.rows + [
            {"workload": key, "proxy": name, "value": value}
            for key, figures in self.figures.items() for name, value in figures.items()]
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)

    def _others(self):
        return [name for name in self.names if name != self.baseline]

    def _cell(self, key, workload, name):
        value = self.value(key, workload, name)
        if workload.absolute:
            return number(value) + (f" {workload.unit}".rstrip() if value is not None else "")
        if value is None:
            return "–"
        median = self.samples.median(key, name, workload.value)
        return f"{value:.2f} ({number(median)} {workload.unit})"

    def _detail(self, key, workload, name):
        dropped = self.samples.dropped(key, name)
        notes = f", dropped {len(dropped)}: {', '.join(sorted(set(dropped)))}" if dropped else ""
        ratios = self.samples.ratios(key, name, self.baseline, workload.value)
        if not ratios:
            return [f"  {name}: no pair{notes}"] if dropped else []
        fields = {field: self.samples.median(key, name, field)
                  for field in ("requests_per_s", "p50_us", "p99_us", "cpu_us", "seconds")}
        busy = fields["cpu_us"] / fields["seconds"] / 1e6
        turns = (f", {number(fields['requests_per_s'])}/s, p50 {number(fields['p50_us'])} µs, "
                 f"p99 {number(fields['p99_us'])} µs" if fields["requests_per_s"] else "")
        return [f"  {name}: {min(ratios):.2f}..{max(ratios):.2f} in {len(ratios)} rounds{turns}, "
                f"busy {busy:.0%}{notes}"]
