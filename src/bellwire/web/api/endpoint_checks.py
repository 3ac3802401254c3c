"""/v1/webhooks/{id}/check: what stands on the way to an endpoint."""

from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from bellwire.model.endpoint_check import CheckStep, Mark
from bellwire.model.principal import Scope
from bellwire.web.answers import json_answer
from bellwire.web.api.webhooks import UNKNOWN_WEBHOOK, webhook_id_of
from bellwire.web.operation import Answer, Example, Tag, json_content
from bellwire.web.resource import Call, described


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    step: Annotated[str, msgspec.Meta(description="Its name, such as `connect`.")]
    verdict: Mark
    found: Annotated[str, msgspec.Meta(description="What there is, for a person.")]
    advice: Annotated[str, msgspec.Meta(description="What to do about it; empty where nothing is to do.")]


class EndpointCheckView(msgspec.Struct, frozen=True, kw_only=True):
    """All steps in their order."""

    verdict: Annotated[Mark, msgspec.Meta(description="The worst of the steps, skipped ones aside.")]
    steps: tuple[StepView, ...]


_ONE: Final = EndpointCheckView(
    verdict=Mark.WARNING,
    steps=(
        StepView(step="name-lookup", verdict=Mark.OK, found="hooks.example.com is 192.0.2.7", advice=""),
        StepView(
            step="clock",
            verdict=Mark.WARNING,
            found="the receiver's clock is 59 s behind ours",
            advice="let both machines set their clocks by NTP",
        ),
    ),
)


@described(
    summary="Check a webhook's endpoint",
    needs=Scope.WRITE,
    tag=Tag.WEBHOOKS,
    answers=(
        Answer(
            status=200,
            description="What was found, whatever the endpoint did.",
            contents=json_content(EndpointCheckView, one=Example(summary="A clock that is behind", value=_ONE)),
        ),
    ),
    problems=(UNKNOWN_WEBHOOK,),
)
async def check_endpoint(call: Call) -> Response:
    """Look at the way to the endpoint step by step, and say what to mend; also while disabled or paused.

    A signed `webhook.test` event is sent, which never enters the log. It takes no longer than the webhook's `timeout`.
    """
    checked = await call.service.checks.check(webhook_id_of(call), by=call.principal)
    return json_answer(EndpointCheckView(verdict=checked.mark, steps=tuple(map(_view, checked.steps))))


def _view(step: CheckStep) -> StepView:
    return StepView(step=step.name, verdict=step.mark, found=step.found, advice=step.advice)
