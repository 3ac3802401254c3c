"""/v1/password: a person's own password, which they change themselves."""

from typing import Final

from starlette.responses import Response

from bellwire.engine.gatekeeper import Pause
from bellwire.rules.granting import read_own_password
from bellwire.web.answers import PRIVATE
from bellwire.web.auth import too_often
from bellwire.web.operation import Answer, Body, Example, Tag, json_content
from bellwire.web.problem_kinds import FORBIDDEN, INVALID_OBJECT, OVERLOADED, STORAGE_UNAVAILABLE, TOO_MANY_REQUESTS
from bellwire.web.problems import Problem, Refused
from bellwire.web.resource import Call, described
from bellwire.web.schemas.grants import OWN_PASSWORD
from bellwire.web.sessions import address_of, check_origin, signed_in

_WISH: Final = Example(
    summary="Another password",
    value={"name": "nadia", "password": "correct horse battery", "newPassword": "staple of another kind"},
)


@described(
    summary="Change one's own password",
    needs=None,
    tag=Tag.ACCESS,
    body=Body(contents=json_content(OWN_PASSWORD, one=_WISH)),
    answers=(Answer(status=204, description="The new password counts."),),
    problems=(FORBIDDEN, INVALID_OBJECT, OVERLOADED, STORAGE_UNAVAILABLE, TOO_MANY_REQUESTS),
)
async def change_own_password(call: Call) -> Response:
    """Give oneself another password; the old one shows who it is, and no token is needed. One's sessions end, but for
    the one that the call is made in. Wrong passwords are counted as those of signing in.
    """
    scope = call.request.scope
    check_origin(scope)
    wish = read_own_password(await call.document())
    signed = signed_in(call.service, scope)
    changed = await call.service.access.change_own_password(
        wish, address=address_of(scope), session=None if signed is None else signed.session
    )
    if isinstance(changed, Pause):
        raise too_often("this has failed too often", changed.wait_ms)
    if not changed:
        raise Refused(Problem.of(FORBIDDEN, "name and password do not go together; try again"))
    return Response(status_code=204, headers=PRIVATE)
