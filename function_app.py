"""The triggers, and nothing else: what each is called, what fires it, and which door it opens.

Names obey the Functions host: binding names without underscores; of several routes that match,
the first by function name wins, so no two of these overlap. A function imports its door when it is
first called: the app must be indexed quickly, and most invocations need few of the doors.
"""

import os

import azure.functions as func

from rollout.sign_in import signs_in

GET, POST = func.HttpMethod.GET, func.HttpMethod.POST
ANYBODY, KEY = func.AuthLevel.ANONYMOUS, func.AuthLevel.FUNCTION

# Behind the platform's sign-in a key would be asked for as well; each door checks the caller.
app = func.FunctionApp(http_auth_level=ANYBODY if signs_in(os.environ) else KEY)


@app.function_name("modelRegistered")
@app.event_grid_trigger(arg_name="event")
def model_registered(event: func.EventGridEvent) -> None:
    """Offer a registered model version to the services that want it."""
    from rollout.triggers import waking

    # The host hands over a CloudEvent here whenever one was delivered; both have to_dict.
    waking.model_registered(event.to_dict())


@app.function_name("modelRegisteredFromQueue")
@app.queue_trigger(arg_name="message", queue_name="%EVENT_QUEUE%", connection="AzureWebJobsStorage")
def model_registered_from_queue(message: func.QueueMessage) -> None:
    """Do the same where Event Grid cannot call the app and fills a queue instead."""
    from rollout.triggers import waking

    waking.model_registered_from_queue(message.get_body())


@app.function_name("notify")
@app.event_grid_trigger(arg_name="event")
def notify(event: func.CloudEvent) -> None:
    """Send people the message about a lifecycle event, where its service's routes lead."""
    from rollout.triggers import waking

    waking.notify(event.to_dict())


@app.function_name("tick")
@app.timer_trigger(schedule="%TICK_SCHEDULE%", arg_name="timer")
def tick(timer: func.TimerRequest) -> None:
    """Wake every live endpoint."""
    from rollout.triggers import waking

    waking.tick(past_due=timer.past_due)


@app.function_name("work")
@app.queue_trigger(arg_name="message", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
def work(message: func.QueueMessage) -> None:
    """Make one pass over each endpoint that was woken."""
    from rollout.triggers import waking

    waking.work(message.get_body())


@app.function_name("alert")
# An action group cannot sign in: this path is exempt from that, and its key stays.
@app.route(route="alerts", methods=[POST], auth_level=KEY)
def alert(req: func.HttpRequest) -> func.HttpResponse:
    """Act on an Azure Monitor alert in the common schema."""
    from rollout.triggers import alerting

    return alerting.alert(req)


@app.function_name("startRollout")
@app.route(route="rollouts", methods=[POST])
def start_rollout(req: func.HttpRequest) -> func.HttpResponse:
    """Offer a model version to a service by hand."""
    from rollout.triggers import ordering

    return ordering.start(req)


@app.function_name("command")
@app.route(route="rollouts/{service}/{verb}", methods=[POST])
def command(req: func.HttpRequest) -> func.HttpResponse:
    """Carry out an operator's command: advance, pause, rollback, suspend and the others."""
    from rollout.triggers import ordering

    return ordering.command(req)


@app.function_name("suspendAll")
@app.route(route="suspend", methods=[POST])
def suspend_all(req: func.HttpRequest) -> func.HttpResponse:
    """Stop every raise and every start of all services."""
    from rollout.triggers import ordering

    return ordering.suspend_all(req)


@app.function_name("unsuspendAll")
@app.route(route="unsuspend", methods=[POST])
def unsuspend_all(req: func.HttpRequest) -> func.HttpResponse:
    """End that."""
    from rollout.triggers import ordering

    return ordering.unsuspend_all(req)


@app.function_name("listSuspensions")
@app.route(route="suspensions", methods=[GET])
def list_suspensions(req: func.HttpRequest) -> func.HttpResponse:
    """Show what is suspended: all services, and each that is by an order of its own."""
    from rollout.triggers import looking

    return looking.suspensions(req)


@app.function_name("listRollouts")
@app.route(route="rollouts", methods=[GET])
def list_rollouts(req: func.HttpRequest) -> func.HttpResponse:
    """Show every service, without history, page by page."""
    from rollout.triggers import looking

    return looking.list_services(req)


@app.function_name("showRollout")
@app.route(route="rollouts/{service}", methods=[GET])
def show_rollout(req: func.HttpRequest) -> func.HttpResponse:
    """Show everything about one service."""
    from rollout.triggers import looking

    return looking.show(req)


@app.function_name("showBodies")
@app.route(route="rollouts/{service}/bodies/{sequence}", methods=[GET])
def show_bodies(req: func.HttpRequest) -> func.HttpResponse:
    """Show the container log or ARM body that events and views hold back."""
    from rollout.triggers import looking

    return looking.bodies(req)


@app.function_name("showHistory")
@app.route(route="rollouts/{service}/history", methods=[GET])
def show_history(req: func.HttpRequest) -> func.HttpResponse:
    """Show a rollout's history, page by page."""
    from rollout.triggers import looking

    return looking.history(req)


@app.function_name("showMinutes")
@app.route(route="rollouts/{service}/minutes", methods=[GET])
def show_minutes(req: func.HttpRequest) -> func.HttpResponse:
    """Show what both sides did minute by minute, page by page."""
    from rollout.triggers import looking

    return looking.minutes(req)


@app.function_name("showOffers")
@app.route(route="rollouts/{service}/offers", methods=[GET])
def show_offers(req: func.HttpRequest) -> func.HttpResponse:
    """Show what became of every offered version, page by page."""
    from rollout.triggers import looking

    return looking.offers(req)


@app.function_name("showPolicy")
@app.route(route="rollouts/{service}/policy", methods=[GET])
def show_policy(req: func.HttpRequest) -> func.HttpResponse:
    """Show the latest rollout's frozen policy beside the one that is published."""
    from rollout.triggers import planning

    return planning.policy(req)


@app.function_name("showPlan")
@app.route(route="rollouts/{service}/plan", methods=[GET])
def show_plan(req: func.HttpRequest) -> func.HttpResponse:
    """Show how a rollout that started now would go."""
    from rollout.triggers import planning

    return planning.plan(req)


@app.function_name("readiness")
@app.route(route="readiness", methods=[GET])
def readiness(req: func.HttpRequest) -> func.HttpResponse:
    """Show whether rollouts may be relied on now, thing by thing."""
    from rollout.triggers import operating

    return operating.readiness(req)


@app.function_name("whoami")
@app.route(route="whoami", methods=[GET])
def whoami(req: func.HttpRequest) -> func.HttpResponse:
    """Say who is calling, with which roles, and what they may order."""
    from rollout.triggers import operating

    return operating.whoami(req)


@app.function_name("health")
@app.route(route="health", methods=[GET], auth_level=ANYBODY)
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Say whether the app is ready, and how long ago the timer last ran; no data."""
    from rollout.triggers import operating

    return operating.health(req)


@app.function_name("openapi")
@app.route(route="openapi.json", methods=[GET], auth_level=ANYBODY)
def openapi(req: func.HttpRequest) -> func.HttpResponse:
    """Describe the API."""
    from rollout.triggers import operating

    return operating.openapi(req)


# Its name comes last in the host's order, because its route takes every path below.
@app.function_name("zzConsole")
@app.route(route="ui/{*path}", methods=[GET], auth_level=ANYBODY)
def console(req: func.HttpRequest) -> func.HttpResponse:
    """Serve a file of the web console; it holds no data."""
    from rollout.triggers import serving

    return serving.console(req)
