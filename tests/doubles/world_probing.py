"""The `Probing` port on the world: deterministic answers, counted as the metrics would."""

from collections.abc import Callable
from dataclasses import dataclass, field

from localazure.world import ACTIONS, SCORE, ArmError, Call
from localazure.world.resources import ProvisioningState
from rollout.core.records.observation import EndpointSeen
from rollout.core.records.own_requests import NO_ANSWER, OwnMinute, Probed
from rollout.core.records.probes import ProbeAnswer, ProbePair, ProbesSeen
from rollout.ports import ProbeOrder
from tests.doubles.wire import Wire, endpoint_name
from tests.doubles.world_traffic import Addressed

SAYS_NOTHING = frozenset({401, 403, 404, 429})
UNAUTHORISED, UNKNOWN, TOO_MANY = 401, 404, 429


def always_well(_deployment: str, _number: int) -> ProbeAnswer:
    return ProbeAnswer(200, 20.0)


@dataclass
class WorldProbing:
    """`answer` says how a deployment answers the pair of some number; a status may say nothing."""

    wire: Wire
    answer: Callable[[str, int], ProbeAnswer] = always_well
    addressed: Addressed = field(default_factory=Addressed)
    rounds: list[ProbesSeen] = field(default_factory=list)

    def probe(self, endpoint: str, seen: EndpointSeen, order: ProbeOrder) -> Probed:
        found = self.wire.call("probing.probe", lambda: self._send(endpoint, seen, order))
        self.rounds.append(found.seen)
        return found

    def _send(self, endpoint: str, seen: EndpointSeen, order: ProbeOrder) -> Probed:
        if seen.auth_mode == "key":
            self.wire.need(ACTIONS[Call.ENDPOINTS_KEYS])
        counts: dict[str, dict[str, int]] = {order.candidate: {}, order.stable: {}}
        pairs: list[ProbePair] = []
        sent, stopped = 0, ""
        for place in range(len(order.inputs.chosen)):
            number = order.first + place
            sent += 1
            answers = {}
            for name in (order.candidate, order.stable):
                answer = self._ask(endpoint, seen, name, number)
                self._count(endpoint, name, answer, counts[name])
                if answer.status in SAYS_NOTHING:
                    if answer.status == TOO_MANY:
                        side = "candidate" if name == order.candidate else "stable"
                        stopped = f"{TOO_MANY} from the {side}"
                    break
                answers[name] = answer
            else:
                pairs.append(ProbePair(number, answers[order.candidate], answers[order.stable]))
            if stopped:
                break
        minute = self.wire.world.now().replace(second=0, microsecond=0)
        own = OwnMinute(minute, counts[order.candidate], counts[order.stable])
        what = ProbesSeen(order.at, order.inputs.distinct, sent, tuple(pairs), stopped)
        return Probed(what, (own,) if own.any else ())

    def _ask(self, endpoint: str, seen: EndpointSeen, name: str, number: int) -> ProbeAnswer:
        if seen.auth_mode != "key" and not self.wire.allows(SCORE):
            return ProbeAnswer(UNAUTHORISED, 1.0)
        try:
            found = self.wire.world.deployments.get(endpoint_name(endpoint), name)
        except ArmError:
            return ProbeAnswer(UNKNOWN, 1.0)
        if found.state is not ProvisioningState.SUCCEEDED:
            return ProbeAnswer(424, 1.0)
        return self.answer(name, number)

    def _count(self, endpoint: str, name: str, answer: ProbeAnswer, counts: dict[str, int]) -> None:
        if answer.status in SAYS_NOTHING - {TOO_MANY}:
            # The router's own answer: it belongs to no deployment.
            return
        status = str(answer.status) if answer.status else NO_ANSWER
        counts[status] = counts.get(status, 0) + 1
        shown = status if answer.status else "408"
        self.addressed.add(endpoint_name(endpoint), name, self.wire.world.now(), shown)
