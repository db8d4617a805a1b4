"""From a registered model to a delivered event, and subscriptions whose webhook does not answer
yet.
"""

import asyncio
import logging
from collections.abc import Iterable

from localazure.event_grid.delivery import EventDelivery
from localazure.event_grid.destinations import Destinations
from localazure.event_grid.events import Casing, model_registered_event
from localazure.event_grid.retries import RetryRules
from localazure.event_grid.subscription import EventSubscription, ValidationFailedError
from localazure.stack.options import StackOptions
from localazure.world import AssetVersion, World

LOGGER = logging.getLogger("localazure.stack")
ASK_AGAIN_SECONDS = 1.0
ASK_TIMES = 600


def publish_registrations(world: World, delivery: EventDelivery, casing: Casing) -> None:
    """Publish the `ModelRegistered` event of every model version created from now on."""

    def publish(model: AssetVersion) -> None:
        delivery.publish(
            model_registered_event(
                world.workspace.path,
                model.name,
                model.version,
                moment=model.created.at,
                tags=model.tags,
                properties=model.body.get("properties") or {},
                casing=casing,
            )
        )

    world.on_model_registered(publish)


def asked_for(options: StackOptions, destinations: Destinations) -> list[EventSubscription]:
    """Return the subscriptions that the options name, for every event of the workspace."""
    return [
        EventSubscription(
            name=f"subscription-{number}",
            topic=options.workspace.path,
            destination=destinations.webhook(url),
            schema=options.event_schema,
            retry=RetryRules(scale=options.retry_scale),
        )
        for number, url in enumerate(options.subscribe, start=1)
    ]


async def subscribe_when_ready(
    delivery: EventDelivery, subscriptions: Iterable[EventSubscription]
) -> None:
    """Subscribe each webhook once it passes the handshake; gives up after `ASK_TIMES` tries.

    So a webhook can be named from the beginning although it starts later, because it needs this
    local Azure's storage. Models registered before that are not announced to it.
    """
    await asyncio.gather(*(_ask_until_ready(delivery, one) for one in subscriptions))


async def _ask_until_ready(delivery: EventDelivery, subscription: EventSubscription) -> None:
    for _ in range(ASK_TIMES):
        try:
            await delivery.subscribe(subscription)
        except ValidationFailedError as error:
            LOGGER.debug("%s", error)
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        else:
            LOGGER.info("%s is subscribed", subscription.name)
            return
    LOGGER.error("%s never passed the handshake", subscription.name)
