"""What the Unix socket offers beside the picture: incidents to answer, actions, silence, test messages, the phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hawatch.desk.screen import Bubble
from hawatch.exporter.bundles import BundleOf, bundle_response
from hawatch.exporter.desk import Desk
from hawatch.exporter.incidents import case_json, deed_json, loop_json, message_json
from hawatch.exporter.one_line import Endpoint, in_one_line, one_line
from hawatch.exporter.status import JsonDict, iso_utc, mute_json
from hawatch.exporter.wish import wish_of
from hawatch.incident import Incident
from hawatch.notification.mute import Mute


class DeskRoutes:
    """The endpoints; each answers with JSON, or with one line: 400 not understood, 404 unknown, 409 not possible."""

    def __init__(
        self, desk: Desk, incidents: Callable[[], Sequence[Incident]], bundle_of: BundleOf | None = None
    ) -> None:
        """`incidents` are those that are open and the latest that were, the newest first."""
        self._bundle_of = bundle_of
        self._desk = desk
        self._incidents = incidents

    def routes(self) -> list[Route]:
        """Path to endpoint."""
        return [
            _get("/api/v1/incidents", self._all),
            _get("/api/v1/incidents/{name}", self._one),
            _get("/api/v1/incidents/{name}/bundle", self._bundle),
            _post("/api/v1/incidents/{name}/ack", self._acknowledge),
            _post("/api/v1/incidents/{name}/release", self._release),
            _post("/api/v1/incidents/{name}/snooze", self._snooze),
            _post("/api/v1/incidents/{name}/act", self._act),
            _get("/api/v1/deeds/{name}", self._deed),
            _post("/api/v1/maintenance", self._maintenance),
            _post("/api/v1/silence", self._silence),
            _post("/api/v1/test-message", self._test),
            _get("/api/v1/messages/{name}", self._message),
            _post("/api/v1/loops", self._send_loop),
            _get("/api/v1/loops/{channel:path}", self._loop),
            _get("/api/v1/phone", self._phones),
            _get("/api/v1/phone/{name:path}", self._screen),
            _post("/api/v1/phone/{name:path}", self._type_in),
        ]

    # --- incidents --------------------------------------------------------------------------------

    async def _all(self, request: Request) -> Response:
        del request
        return JSONResponse([case_json(each) for each in self._desk.cases(self._incidents())])

    async def _one(self, request: Request) -> Response:
        return self._case(await self._desk.find(request.path_params["name"]))

    async def _bundle(self, request: Request) -> Response:
        incident = await self._desk.find(request.path_params["name"])
        bundle_of = self._bundle_of
        if bundle_of is None:
            return _not_there()
        return await bundle_response(request, lambda: bundle_of(incident))

    async def _acknowledge(self, request: Request) -> Response:
        wish = await wish_of(request)
        return self._case(await self._desk.acknowledge(request.path_params["name"], wish.who()))

    async def _release(self, request: Request) -> Response:
        wish = await wish_of(request)
        return self._case(await self._desk.release(request.path_params["name"], wish.who()))

    async def _snooze(self, request: Request) -> Response:
        wish = await wish_of(request)
        name, who, seconds = request.path_params["name"], wish.who(), wish.seconds()
        return self._case(await self._desk.snooze(name, who, seconds))

    def _case(self, incident: Incident) -> Response:
        (case,) = self._desk.cases([incident])
        return JSONResponse(case_json(case))

    # --- deeds ------------------------------------------------------------------------------------

    async def _act(self, request: Request) -> Response:
        wish = await wish_of(request)
        name, number, who = request.path_params["name"], wish.number(), wish.who()
        return JSONResponse(deed_json(await self._desk.act(name, number, who, sure=wish.says("yes"))))

    async def _deed(self, request: Request) -> Response:
        deed = self._desk.deed(request.path_params["name"])
        return _not_there() if deed is None else JSONResponse(deed_json(deed))

    # --- silence ----------------------------------------------------------------------------------

    async def _maintenance(self, request: Request) -> Response:
        wish = await wish_of(request)
        who = wish.who()
        if wish.says("end"):
            return _muted(await self._desk.end_maintenance(who))
        seconds, reason, everything = wish.seconds(), wish.reason(), wish.says("all")
        return _muted(await self._desk.maintain(seconds, who, reason, everything=everything))

    async def _silence(self, request: Request) -> Response:
        wish = await wish_of(request)
        who, subject = wish.who(), wish.name("subject")
        if wish.says("end"):
            return _muted(await self._desk.end_silence(subject, who))
        return _muted(await self._desk.silence(subject, wish.seconds(), who, wish.reason()))

    # --- messages ---------------------------------------------------------------------------------

    async def _test(self, request: Request) -> Response:
        wish = await wish_of(request)
        written = await self._desk.test(wish.name("person"), wish.who())
        return JSONResponse({"messages": [message_json(each) for each in written]})

    async def _message(self, request: Request) -> Response:
        message = self._desk.message(request.path_params["name"])
        return _not_there() if message is None else JSONResponse(message_json(message))

    async def _send_loop(self, request: Request) -> Response:
        wish = await wish_of(request)
        return JSONResponse(loop_json(await self._desk.send_loop(wish.name("channel"), wish.who())))

    async def _loop(self, request: Request) -> Response:
        loop = self._desk.loop(request.path_params["channel"])
        return _not_there() if loop is None else JSONResponse(loop_json(loop))

    # --- the phone in the terminal ----------------------------------------------------------------

    async def _phones(self, request: Request) -> Response:
        del request
        return JSONResponse({"people": list(self._desk.phones())})

    async def _screen(self, request: Request) -> Response:
        """What stands there; nothing if it is still what the caller has seen, by its `after`."""
        screen = self._desk.screen(request.path_params["name"])
        seen = request.query_params.get("after") == screen.mark
        bubbles = [] if seen else [_bubble(each) for each in screen.bubbles]
        return JSONResponse({"person": screen.person, "mark": screen.mark, "messages": bubbles})

    async def _type_in(self, request: Request) -> Response:
        wish = await wish_of(request)
        await self._desk.type_in(request.path_params["name"], wish.text())
        return await self._screen(request)


def _bubble(bubble: Bubble) -> JsonDict:
    return {
        "id": bubble.id,
        "time": iso_utc(bubble.at),
        "node": bubble.node,
        "typed": bubble.typed,
        "text": bubble.text,
    }


def _muted(mute: Mute) -> Response:
    return JSONResponse({"scope": mute.scope.value, "subject": mute.subject, **mute_json(mute)})


def _not_there() -> Response:
    return one_line("there is no such thing", 404)


def _get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, in_one_line(endpoint), methods=["GET"])


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, in_one_line(endpoint), methods=["POST"])
