"""The comparison as Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from dev.bench.gate.comparing import (
    ALARM_RUNS,
    GATE,
    KAYENTA_RUNS,
    PASSED,
    POWER_RUNS,
    WEIGHT,
    Compared,
)
from dev.bench.gate.low_traffic import INPUTS, RUNS, TRAFFICS, WITH_PROBES, WITHOUT, Fate
from dev.bench.gate.trials import LOOKS, Outcome
from rollout.core.gate import Verdict

COLUMNS = (GATE, "fixed", "failureLimit", "Kayenta", "peeking z", "always-valid z")
HEADINGS = (
    "**this gate**",
    "fixed threshold",
    "`failureLimit`",
    "Kayenta's judge",
    "z-test, peeking",
    "mSPRT",
)

LOW_HEADINGS = {
    WITH_PROBES: "**this gate**, with probes",
    WITHOUT: "**this gate**, without",
    **dict(zip(COLUMNS[1:], HEADINGS[1:], strict=True)),
}

HEAD = f"""\
# The gate beside the rules of other tools

Written by `make bench-gate-table` from simulated minutes with fixed seeds; nothing here was
measured on Azure. The candidate has {WEIGHT} % of the traffic, the rates are its own, and every
rule looks at each of {LOOKS} minutes. All rules see the same minutes:
{ALARM_RUNS:,} runs a row where nothing is wrong, {POWER_RUNS} where something is, and
{KAYENTA_RUNS} for Kayenta's judge. Harm begins in the first minute. Latency is judged from
percentiles of each minute.

- **fixed threshold**: over 1 % failures (P95 over 1.2 times its usual value) in three minutes in a
  row.
- **`failureLimit`**: the same in more than three minutes in all, as Argo Rollouts counts.
- **Kayenta's judge**: its Mann-Whitney rule on shares (P95s) per minute, from the tenth minute on.
- **z-test, peeking**: one-sided at 0.05, of all requests so far (of the log P95s, from the fifth
  minute on).
- **mSPRT**: the same z statistic in a mixture sequential probability ratio test at 0.05, which may
  be read every minute; guarded rollouts of commercial feature-flag platforms decide by tests of
  this kind. The mixture is normal, 2 points wide (ln 1.1 for the log P95s).

## Nothing is wrong: rolled back falsely

"""
MIDDLE = """
## Something is wrong: rolled back (median minute; median failed requests until then)

A rule that also rolls back good releases is not fast: read both tables together.

"""


LOW = """
## Little traffic: what becomes of good and of bad releases

Whole rollouts through 10, 50 and 100 % under the default policy, {runs} a cell; the rates are all
clients' requests a minute. "With probes" the app sends {inputs} distinct inputs to both sides, at
most 20 a minute. The other rules watch failures and the P95 of the same clients for 15, 15 and 60
minutes, and promote where neither spoke: they know no third answer. What is missing from 100 % was
left to a person. A rule that never promotes is not safe, it is absent; one that cannot see
promotes everything.
"""

PREDICTIONS = Path(__file__).with_name("predictions.md")
"""What is said of other tools; nothing of it is computed."""


def predictions() -> Iterator[str]:
    """Yield the lines about predictions."""
    yield ""
    yield from PREDICTIONS.read_text(encoding="utf-8").splitlines()


def low_traffic(results: Iterable[Fate]) -> Iterator[str]:
    """Yield the lines of the part about little traffic."""
    yield from LOW.format(runs=RUNS, inputs=INPUTS).splitlines()
    found = list(results)
    for traffic in TRAFFICS:
        fates = [each for each in found if each.release.traffic == traffic]
        yield ""
        rate = f"{traffic:,g} request{'s' if traffic > 1 else ''} a minute"
        titles = [f"{each.release.name}: promoted; rolled back" for each in fates]
        yield _row(rate, *titles)
        yield _row("---", *["---:"] * len(fates))
        for name, heading in LOW_HEADINGS.items():
            yield _row(heading, *(_fate(each.outcomes[name]) for each in fates))


def _fate(outcomes: Sequence[Outcome]) -> str:
    seen = [replace(each, failed=0) for each in outcomes]
    return "; ".join(_found(seen, each) for each in (Verdict.ADVANCE, Verdict.ROLLBACK))


def markdown(results: Iterable[Compared]) -> Iterator[str]:
    """Yield the document's lines, without those about little traffic."""
    found = list(results)
    healthy = [each for each in found if not each.scenario.harmful]
    harmful = [each for each in found if each.scenario.harmful]
    yield from HEAD.splitlines()
    yield _row("scenario", *HEADINGS, "the gate advances (median minute)")
    yield _row("---", *["---:"] * (len(COLUMNS) + 1))
    for each in healthy:
        cells = [_share(each.outcomes[name]) for name in COLUMNS]
        passed = _found(each.outcomes[PASSED], Verdict.ADVANCE)
        yield _row(each.scenario.name, *cells, passed)
    yield from MIDDLE.splitlines()
    yield _row("scenario", *HEADINGS)
    yield _row("---", *["---:"] * len(COLUMNS))
    for each in harmful:
        cells = [_found(each.outcomes[name], Verdict.ROLLBACK) for name in COLUMNS]
        yield _row(each.scenario.name, *cells)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _share(outcomes: Sequence[Outcome]) -> str:
    hits = sum(each.verdict is Verdict.ROLLBACK for each in outcomes)
    return f"{100 * hits / len(outcomes):.1f} %" if hits else "0"


def _found(outcomes: Sequence[Outcome], verdict: Verdict) -> str:
    hits = [each for each in outcomes if each.verdict is verdict]
    if not hits:
        return "0"
    minute = f"@{median(each.minute for each in hits):g}"
    failed = median(each.failed for each in hits)
    damage = f"; {failed:,.0f}" if failed and verdict is Verdict.ROLLBACK else ""
    return f"{100 * len(hits) / len(outcomes):.0f} % ({minute}{damage})"
