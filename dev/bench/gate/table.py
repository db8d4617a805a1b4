"""The comparison as Markdown."""

from collections.abc import Iterable, Iterator, Sequence
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


def markdown(results: Iterable[Compared]) -> Iterator[str]:
    """Yield the document's lines."""
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
