"""A schedule that breaks a rule: made as short as it still fails, and how to replay it."""

from dataclasses import dataclass

from tests.support.schedules.playing import BrokenError, Play
from tests.support.schedules.steps import Schedule

REPLAY = ".venv/bin/python -m tests.support.schedules replay"


@dataclass(frozen=True)
class Failure:
    """A broken rule, and the shortest schedule found that breaks the same one."""

    rule: str
    text: str
    schedule: Schedule
    drawn: int

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(step.number for step in self.schedule.steps)

    @property
    def command(self) -> str:
        """What plays it again."""
        numbers = ",".join(map(str, self.numbers)) or "none"
        return f"{REPLAY} {self.schedule.seed} --steps {numbers}"

    def __str__(self) -> str:
        steps = "\n".join(
            f"  {step.number:2}  after {step.wait.seconds:4} s  "
            f"{step.act or 'time passes'}, trouble {step.trouble}"
            for step in self.schedule.steps
        )
        left = f"{len(self.numbers)} of {self.drawn} steps break it"
        return (
            f"seed {self.schedule.seed} breaks {self.text}\n{left}:\n{steps}\n"
            f"to replay it: {self.command}"
        )


def broken(schedule: Schedule) -> BrokenError | None:
    """Play a schedule; return what it broke."""
    try:
        Play(schedule).to_the_end()
    except BrokenError as error:
        return error
    return None


def shortened(schedule: Schedule, error: BrokenError) -> Failure:
    """Leave out steps, halves first and then one by one, as long as the same rule is broken."""
    drawn, best = len(schedule.steps), schedule
    size = max(1, drawn // 2)
    while True:
        at, left_out = 0, False
        while at < len(best.steps):
            kept = best.steps[:at] + best.steps[at + size :]
            shorter = best.only({step.number for step in kept})
            found = broken(shorter)
            if found is not None and found.rule == error.rule:
                best, error, left_out = shorter, found, True
            else:
                at += size
        if size == 1 and not left_out:
            return Failure(error.rule, str(error), best, drawn)
        size = max(1, size // 2)
