import json

from azure.core.exceptions import ResourceNotFoundError

from tests.support.contract.sample_host import SampleHost, StartHost, Storage, eventually


def bodies(host: SampleHost) -> list[str]:
    return [note["body"] for note in host.notes("queue")]


def test_a_message_is_processed_once_and_deleted(host: SampleHost, storage: Storage) -> None:
    queue = storage.queue("shared-work")
    queue.create_queue()
    queue.send_message("once")
    eventually(lambda: "once" in bodies(host))
    eventually(lambda: queue.get_queue_properties().approximate_message_count == 0)
    assert bodies(host).count("once") == 1


def test_a_message_that_always_fails_ends_in_the_poison_queue(
    start_host: StartHost, storage: Storage
) -> None:
    queue, poison = storage.queue("bad-work"), storage.queue("bad-work-poison")
    queue.create_queue()
    queue.send_message("poisonous")
    host = start_host("bad-work")

    def waiting() -> list[str]:
        try:
            return [message.content for message in poison.peek_messages()]
        except ResourceNotFoundError:
            return []

    assert eventually(waiting) == ["poisonous"]
    assert [note["dequeued"] for note in host.notes("queue")] == [1, 2]
    # It is put there before it is deleted here.
    assert eventually(lambda: queue.get_queue_properties().approximate_message_count == 0)


def test_a_stopped_host_settles_the_message_it_is_processing(
    start_host: StartHost, storage: Storage
) -> None:
    queue = storage.queue("slow-work")
    queue.create_queue()
    queue.send_message("slow")
    host = start_host("slow-work", SAMPLE_SLOW_SECONDS="0.5")
    eventually(lambda: "slow" in bodies(host))
    assert host.process.stop() == 0
    assert queue.get_queue_properties().approximate_message_count == 0


def test_a_killed_host_leaves_its_message_and_processes_it_after_a_restart(
    start_host: StartHost, storage: Storage
) -> None:
    queue = storage.queue("killed-work")
    queue.create_queue()
    queue.send_message("slow")
    host = start_host("killed-work", SAMPLE_SLOW_SECONDS="1.5")
    eventually(lambda: "slow" in bodies(host))
    keys = host.process.ready["functionKey"]
    host.process.kill()
    assert queue.get_queue_properties().approximate_message_count == 1
    queue.send_message("later")
    assert host.process.start()["functionKey"] == keys
    eventually(lambda: "later" in bodies(host))


def test_a_timer_runs_repeatedly_without_overlap(start_host: StartHost) -> None:
    host = start_host("timer-work", SAMPLE_SCHEDULE="* * * * * *")
    notes = eventually(lambda: host.notes("timer"), lambda seen: len(seen) >= 2)
    assert notes[0] == {"trigger": "timer", "past_due": False, "status": {}}


def test_a_time_missed_while_the_host_was_down_fires_once_as_past_due(
    start_host: StartHost,
) -> None:
    host = start_host("late-work", SAMPLE_SCHEDULE="0 0 * * * *")
    host.process.kill()
    status_file = host.notes_file.parent / "state" / "timers" / "tick.json"
    status_file.write_text(
        json.dumps(
            {
                "Last": "2026-01-01T09:00:00+00:00",
                "Next": "2026-01-01T10:00:00+00:00",
                "LastUpdated": "2026-01-01T09:00:00+00:00",
            }
        )
    )
    host.process.start()
    notes = eventually(lambda: host.notes("timer"))
    assert [note["past_due"] for note in notes] == [True]
    assert notes[0]["status"]["Last"] == "2026-01-01T09:00:00+00:00"
    # The host notes the next time after the call.
    eventually(lambda: json.loads(status_file.read_text())["Next"] > "2026-01-01T10:00:00+00:00")


def test_a_switched_off_function_does_not_run_but_answers_the_master_key(
    start_host: StartHost,
) -> None:
    host = start_host(
        "off-work",
        **{
            "SAMPLE_SCHEDULE": "* * * * * *",
            "AzureWebJobs.tick.Disabled": "1",
            "AzureWebJobs.cookies.Disabled": "true",
        },
    )
    assert host.call("GET", "/api/cookies").status == 404
    assert host.call("GET", "/api/cookies", "masterKey").status == 200
    assert host.notes("timer") == []
