"""The `Probing` port on the world: deterministic answers, counted as the metrics would.

Bodies are compared as the real adapter compares them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from localazure.world import ACTIONS, SCORE, ArmError, Call
from localazure.world.resources import ProvisioningState
from rollout.adapters.azure_ml.answer_pairs import answer_pair, is_success
from rollout.adapters.azure_ml.own_requests import Reply
from rollout.core.records.observation import EndpointSeen
from rollout.core.records.own_requests import NO_ANSWER, OwnMinute, Probed, Warmed
from rollout.core.records.probes import ProbeAnswer, ProbePair, ProbesSeen
from rollout.ports import ProbeInput, ProbeOrder, WarmUpOrder
from tests.doubles.wire import Wire, endpoint_name
from tests.doubles.world_traffic import Addressed

SAYS_NOTHING = frozenset({401, 403, 404, 429})
UNAUTHORISED, UNKNOWN, TOO_MANY = 401, 404, 429


def always_well(_deployment: str, _number: int) -> ProbeAnswer:
    return ProbeAnswer(200, 20.0)


def predicts_nothing(_deployment: str, _what: ProbeInput) -> bytes:
    return b'{"predictions": []}'


@dataclass
class WorldProbing:
    """`answer` says how a deployment answers the pair of some number; a status may say nothing.

    `body` is what it answers to an input, wherever it answers with a success.
    """

    wire: Wire
    answer: Callable[[str, int], ProbeAnswer] = always_well
    addressed: Addressed = field(default_factory=Addressed)
    body: Callable[[str, ProbeInput], bytes] = predicts_nothing
    rounds: list[ProbesSeen] = field(default_factory=list)
    warmed: list[Warmed] = field(default_factory=list)

    def probe(self, endpoint: str, seen: EndpointSeen, order: ProbeOrder) -> Probed:
        found = self.wire.call("probing.probe", lambda: self._send(endpoint, seen, order))
        self.rounds.append(found.seen)
        return found

    def warm_up(self, endpoint: str, seen: EndpointSeen, order: WarmUpOrder) -> Warmed:
        found = self.wire.call("probing.warm_up", lambda: self._warm(endpoint, seen, order))
        self.warmed.append(found)
        return found

    def _warm(self, endpoint: str, seen: EndpointSeen, order: WarmUpOrder) -> Warmed:
        if seen.auth_mode == "key":
            self.wire.need(ACTIONS[Call.ENDPOINTS_KEYS], scope=endpoint)
        counts: dict[str, int] = {}
        answered, stopped = 0, ""
        for number in range(len(order.inputs)):
            answer = self._ask(endpoint, seen, order.candidate, number)
            self._count(endpoint, order.candidate, answer, counts)
            if answer.status in SAYS_NOTHING:
                refused = answer.status == TOO_MANY
                stopped = f"{TOO_MANY} from the candidate" if refused else "not reached"
                break
            answered += 1
        minute = self.wire.world.now().replace(second=0, microsecond=0)
        own = OwnMinute(minute, counts)
        return Warmed(answered, (own,) if own.any else (), stopped)

    def _send(self, endpoint: str, seen: EndpointSeen, order: ProbeOrder) -> Probed:
        if seen.auth_mode == "key":
            self.wire.need(ACTIONS[Call.ENDPOINTS_KEYS], scope=endpoint)
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
                again = number in order.twice and is_success(Reply(answers[order.stable], ""))
                if again:
                    answer = self._ask(endpoint, seen, order.stable, number)
                    self._count(endpoint, order.stable, answer, counts[order.stable])
                pairs.append(self._pair(order, number, answers, again=again))
            if stopped:
                break
        minute = self.wire.world.now().replace(second=0, microsecond=0)
        own = OwnMinute(minute, counts[order.candidate], counts[order.stable])
        what = ProbesSeen(order.at, order.inputs.distinct, sent, tuple(pairs), stopped)
        return Probed(what, (own,) if own.any else ())

    def _pair(
        self, order: ProbeOrder, number: int, answers: Mapping[str, ProbeAnswer], *, again: bool
    ) -> ProbePair:
        what = order.inputs.chosen[number - order.first]
        candidate, stable = (
            self._reply(name, what, answers[name]) for name in (order.candidate, order.stable)
        )
        twice = self._reply(order.stable, what, answers[order.stable]) if again else None
        compared = answer_pair(order, number, candidate, stable, twice)
        return ProbePair(number, answers[order.candidate], answers[order.stable], compared)

    def _reply(self, name: str, what: ProbeInput, answer: ProbeAnswer) -> Reply:
        return Reply(answer, str(answer.status), body=self.body(name, what))

    def _ask(self, endpoint: str, seen: EndpointSeen, name: str, number: int) -> ProbeAnswer:
        if seen.auth_mode != "key" and not self.wire.allows(SCORE, endpoint):
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
