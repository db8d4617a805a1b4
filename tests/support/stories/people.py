"""People beside a story: channels, and Event Grid carrying the story's events to them."""

from collections.abc import Sequence
from datetime import timedelta

from rollout.core.policy.notify_model import About, Route
from rollout.errors import RolloutError
from rollout.inbound.announced import AnnouncedEvents
from rollout.service.notifying import Notifier, Sending
from tests.doubles.memory_messages import MemoryChannel
from tests.doubles.seam import CrashError
from tests.support.happenings import delivered
from tests.support.stories.stage import Story


class People:
    """The on-call channel and the team's. What was announced before is not told again."""

    def __init__(
        self, story: Story, about: Sequence[About] = (About.ATTENTION, About.NOTICE)
    ) -> None:
        self.story = story
        self.on_call, self.team = MemoryChannel(story.seam), MemoryChannel(story.seam)
        usual = [Route("on-call", tuple(about)), Route("team", tuple(about))]
        self._sending = Sending({"on-call": self.on_call, "team": self.team}, usual)
        self._told = len(story.lifecycle.published)
        self.start()

    def start(self) -> None:
        """A process of the app begins: what another one remembered is gone."""
        notifier = Notifier(self.story.bundle, self.story.deliveries, self._sending, self.story.log)
        self._door = AnnouncedEvents(notifier.notify, self.story.log)

    def deliver(self, *, times: int = 1) -> None:
        """Event Grid delivers what was announced since, each until the app has taken it.

        A delivery that fails comes again five minutes later, after what was put off meanwhile.
        """
        published = self.story.lifecycle.published[self._told :]
        self._told += len(published)
        waiting = [delivered(entry, self.story.policy.service) for _, entry in published] * times
        now = self.story.clock.now
        for attempt in range(10):
            waiting = [event for event in waiting if not self._takes(event, attempt)]
        assert not waiting, f"{now}: Event Grid would give up {len(waiting)} events"

    def _takes(self, event: dict[str, object], attempt: int) -> bool:
        try:
            self._door.take(event, self.story.clock.now + attempt * timedelta(minutes=5))
        except RolloutError:
            return False
        except CrashError:
            self.start()
            return False
        return True

    def titles(self, channel: MemoryChannel) -> list[str]:
        return [message.title for message in channel.arrived]
