# SPDX-License-Identifier: Apache-2.0
"""Which components are rendered together: every choice once, or every pair of choices, in as few
overlays as a greedy search finds."""
import itertools

# Alternatives, one of each line; "" is none.
AT_OVERLAY = (
    ("", "ingress", "gateway", "loadbalancer"),
    ("", "jvb-loadbalancer", "jvb-hostport", "jvb-hostnetwork", "jvb-metacontroller"),
    ("", "cert-manager"),
    ("", "auth-jwt"),
    ("", "turn"),
    ("", "custom-files"),
    ("", "drain-hooks"),
    ("", "zone-spread"),
    ("", "load-test"),
    ("", "legacy-colibri-ws"),
    ("", "external-secrets"),
    ("", "dual-stack"),  # last, as its comment says
)
IN_SHARD = ("", "hpa-keda", "hpa-adapter", "hpa-network", "hpa-cpu")


def _pairs(row):
    return {frozenset(((one, row[one]), (other, row[other])))
            for one, other in itertools.combinations(range(len(row)), 2)}


def singles():
    """Rows of choices that together have each one."""
    columns = [*AT_OVERLAY, IN_SHARD]
    return [[column[(number + place) % len(column)] for place, column in enumerate(columns)]
            for number in range(max(map(len, columns)))]


def pairs():
    """Rows of choices that together have every pair."""
    columns = [*AT_OVERLAY, IN_SHARD]
    missing = {frozenset(((one, first), (other, second)))
               for one, other in itertools.combinations(range(len(columns)), 2)
               for first in columns[one] for second in columns[other]}
    made = []
    while missing:
        row = _best(columns, missing)
        made.append(row)
        missing -= _pairs(row)
    return made


def _best(columns, missing):
    """Begins with a missing pair, then takes per column what covers most."""
    start = min(missing, key=lambda pair: sorted(map(repr, pair)))
    chosen = dict(start)
    for column in range(len(columns)):
        if column in chosen:
            continue
        def gain(value, column=column):
            return sum(frozenset(((column, value), item)) in missing for item in chosen.items())
        chosen[column] = max(columns[column], key=gain)
    return [chosen[column] for column in range(len(columns))]
