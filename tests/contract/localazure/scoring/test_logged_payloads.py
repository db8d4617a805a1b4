"""Which requests the router's payload logging sees, over real sockets."""

import asyncio

from localazure.runtime import CollectionSpec, CollectorSpec, RollingRate
from localazure.scoring.routing import DeploymentView
from tests.contract.localazure.scoring.test_data_plane import Scene, in_scene

REQUEST, RESPONSE = "request", "response"


def logging(name: str, timeout_ms: int = 5000) -> DeploymentView:
    """A deployment that logs both payloads of every request."""
    collections = {each: CollectionSpec(1.0, "c", "f") for each in (REQUEST, RESPONSE)}
    collector = CollectorSpec(name, RollingRate.HOUR, collections)
    return DeploymentView(name, request_timeout_ms=timeout_ms, collector=collector)


def logged(one: Scene) -> list[tuple[str, str, str]]:
    """Source, collection and request id of every row, in order."""
    return [
        (row.record.source, row.record.collection, row.record.fields["xrequestid"])
        for row in one.rows.take()
    ]


def test_both_payloads_carry_the_request_id_that_the_caller_got() -> None:
    async def play(one: Scene) -> None:
        one.change(deployments={"blue": logging("blue")})
        _, _, headers = await one.post()
        own = headers["x-request-id"]
        assert logged(one) == [("blue", REQUEST, own), ("blue", RESPONSE, own)]

    in_scene(play)


def test_a_failed_answer_is_logged_like_any_other() -> None:
    async def play(one: Scene) -> None:
        one.change(deployments={"blue": logging("blue")})
        one.models["blue"].status = 500
        await one.post()
        assert [row.record.collection for row in one.rows.take()] == [REQUEST, RESPONSE]

    in_scene(play)


def test_a_request_without_an_answer_has_no_response() -> None:
    async def play(one: Scene) -> None:
        one.models["blue"].gate.clear()
        one.change(deployments={"blue": logging("blue", timeout_ms=50), "dead": logging("dead")})
        await one.post()
        one.models["blue"].gate.set()
        await one.post(azureml_model_deployment="dead")
        assert [each[:2] for each in logged(one)] == [("blue", REQUEST), ("dead", REQUEST)]

    in_scene(play)


def test_a_refused_request_is_not_logged() -> None:
    async def play(one: Scene) -> None:
        one.change(deployments={"blue": logging("blue")})
        one.models["blue"].gate.clear()
        waiting = [asyncio.create_task(one.post()) for _ in range(2)]
        for _ in waiting:
            await one.models["blue"].arrived.acquire()
        assert (await one.post())[0] == 429
        assert (await one.post(key="wrong"))[0] == 401
        assert logged(one) == []
        one.models["blue"].gate.set()
        await asyncio.gather(*waiting)
        assert len(logged(one)) == 4

    in_scene(play)


def test_a_mirrored_request_is_logged_by_the_mirror_under_the_same_id() -> None:
    async def play(one: Scene) -> None:
        one.change(
            mirror={"green": 100}, deployments={"blue": logging("blue"), "green": logging("green")}
        )
        _, _, headers = await one.post()
        for _ in range(2):
            await one.recorder.recorded.acquire()
        found = logged(one)
        assert {each[:2] for each in found} == {
            (source, kind) for source in ("blue", "green") for kind in (REQUEST, RESPONSE)
        }
        assert {each[2] for each in found} == {headers["x-request-id"]}

    in_scene(play)
