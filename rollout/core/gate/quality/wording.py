"""Phrases about predictions that reasons and views share: both sides' numbers, and what changed."""

from collections.abc import Mapping

from rollout.core.gate.algebra.bernoulli import Line
from rollout.core.gate.quality.answers import Answers
from rollout.core.gate.quality.live import Odd, Seen
from rollout.core.gate.quality.losses import Losses
from rollout.core.gate.quality.usual import Constant


def line(tolerated: Line) -> str:
    return f"{tolerated.ratio:g} x stable + {100 * tolerated.points:g} points"


def differing(memory: Answers) -> str:
    """Say how many answers differ, and what changed in most of them."""
    compared, differ = memory.tally
    text = f"{differ:,.0f} of {compared:,.0f} answers differ ({_percent(differ, compared)})"
    if memory.changes:
        change, times = max(memory.changes.items(), key=lambda each: each[1])
        text = f"{text}: {change} in {times:,} of them"
    asked, differed, _ = memory.twice
    if differed:
        text = f"{text}; stable itself answered {differed:,.0f} of {asked:,.0f} in two ways"
    return text


def losses(memory: Losses) -> str:
    labelled, candidate, stable = memory.tally
    return (
        f"on {labelled:,.0f} labelled inputs the candidate's mean loss is "
        f"{candidate / labelled:.4g}, stable's {stable / labelled:.4g}"
    )


def faulty(memory: Odd, words: str) -> str:
    pairs, bad, _, stable_bad = memory.tally
    text = f"of {pairs:,.0f} answers to probes {bad:,.0f} of the candidate's, {stable_bad:,.0f} of "
    return f"{text}stable's{_after(words)}"


def kinds(words: Mapping[str, int]) -> str:
    """Faults by their words, the most frequent first."""
    ranked = sorted(words.items(), key=lambda each: -each[1])
    return ", ".join(f"{word} in {times:,}" for word, times in ranked)


def constant(memory: Constant) -> str:
    usual = memory.usual
    return (
        f"it answered {memory.compared - usual.others:,.0f} of {memory.compared:,.0f} inputs one "
        f"and the same, {usual.same:,} of them among the {usual.telling:,} that a side did not "
        "give its usual answer"
    )


def bodies(memory: Seen) -> str:
    return _both(memory.bodies, "failed what every answer must meet")


def odd(memory: Seen) -> str:
    path, worst = max(memory.odd.items(), key=lambda each: each[1].wealth)
    return f"{path}: {_both(worst, 'were null or out of range')}"


def shifted(memory: Seen) -> str:
    path, worst = max(memory.outputs.items(), key=lambda each: each[1].process.wealth)
    return (
        f"{path}: total variation {worst.distance:.2f} between {sum(worst.candidate):,.0f} outputs "
        f"of the candidate and {sum(worst.stable):,.0f} of stable"
    )


def _both(memory: Odd, what: str) -> str:
    answers, bad, stable_answers, stable_bad = memory.tally
    return (
        f"candidate {bad:,.0f} of {answers:,.0f} {what}, "
        f"stable {stable_bad:,.0f} of {stable_answers:,.0f}"
    )


def _percent(part: float, whole: float) -> str:
    return f"{part / whole:.0%}".replace("%", " %") if whole else "0 %"


def _after(words: str) -> str:
    return f": {words}" if words else ""
