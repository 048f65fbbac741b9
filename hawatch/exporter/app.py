"""The agent's HTTP side as an ASGI application: every view of the Snapshot and of the last hour, and what is added."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from hawatch.exporter.answer_routes import AnswerRoutes
from hawatch.exporter.app_page import ServedPage, page_response, prefers_page, text_response
from hawatch.exporter.broadcast import Broadcast
from hawatch.exporter.bundles import Bundle, BundleOf, bundle_response
from hawatch.exporter.check_question import Question, QuestionError
from hawatch.exporter.check_text import check_text
from hawatch.exporter.desk import Desk
from hawatch.exporter.desk_routes import DeskRoutes
from hawatch.exporter.drill_routes import DrillRoutes
from hawatch.exporter.drills import Drills
from hawatch.exporter.events import Event, verdict_changes
from hawatch.exporter.history_view import history_response
from hawatch.exporter.incidents import incident_json
from hawatch.exporter.limits import Limits
from hawatch.exporter.metrics import exposition, new_registry
from hawatch.exporter.status import status, status_body
from hawatch.exporter.targets_view import targets
from hawatch.exporter.text import render
from hawatch.exporter.webhook import WebhookRoutes
from hawatch.heartbeat import at_work
from hawatch.history import Past
from hawatch.incident import Incident
from hawatch.provider.hook import Hooks
from hawatch.snapshot import Snapshot

STALE_AFTER = 15.0
HEARTBEAT = 15.0
_T = TypeVar("_T")


Incidents = Callable[[], Sequence[Incident]]
"""The incidents that are open and the latest that were, the newest first."""


def no_incidents() -> tuple[Incident, ...]:
    """For an application that knows of none."""
    return ()


PastOf = Callable[[], Past | None]
"""What is remembered now; None while nothing is."""


def no_past() -> None:
    """For an application that remembers nothing."""


class Views:
    """The endpoints; `snapshot` gives the newest picture, `now` the time in monotonic seconds.

    `bundle` and `desk` are offered only where they are given: a journal is for those who may use the socket, and so
    is all that writes or that people have written.
    """

    def __init__(
        self,
        snapshot: Callable[[], Snapshot],
        now: Callable[[], float],
        changes: Broadcast,
        stale_after: float,
        *,
        bundle: Bundle | None,
        bundle_of: BundleOf | None,
        incidents: Incidents,
        desk: Desk | None,
        hooks: Hooks | None,
        past: PastOf,
        page: ServedPage | None,
        drills: Drills | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._now = now
        self._changes = changes
        self._stale_after = stale_after
        self._bundle = bundle
        self._bundle_of = bundle_of
        self._incidents = incidents
        self._desk = desk
        self._drills = drills
        self._hooks = hooks
        self._past = past
        self._page = page
        self._registry = new_registry(snapshot)

    def routes(self) -> list[Route]:
        """Path to endpoint."""
        socket_only = [] if self._bundle is None else [Route("/api/v1/bundle", self.bundle)]
        if self._desk is not None:
            socket_only += DeskRoutes(self._desk, self._incidents, self._bundle_of).routes()
        if self._drills is not None:
            socket_only += DrillRoutes(self._drills).routes()
        posted = [] if self._hooks is None else WebhookRoutes(self._hooks).routes()
        return [
            *socket_only,
            *posted,
            Route("/", self.page),
            Route("/healthz", self.healthz),
            Route("/metrics", self.metrics),
            Route("/api/v1/check", self.check),
            Route("/api/v1/status", self.status),
            Route("/api/v1/incidents", self.incidents),
            Route("/api/v1/events", self.events),
            Route("/api/v1/history", self.history),
            Route("/api/v1/targets", self.targets),
        ]

    async def page(self, request: Request) -> Response:
        """The page for a browser, the picture as text for everybody else."""
        if self._page is not None and prefers_page(request.headers.get("accept", "")):
            return page_response(request, self._page)
        snapshot = self._snapshot()
        now = datetime.fromtimestamp(self._now() + snapshot.wall_minus_monotonic, UTC)
        return text_response(await _in_thread(lambda: render(status(snapshot), now)))

    async def healthz(self, _request: Request) -> Response:
        """200 while the picture is fresh, 503 when the agent has stopped making new ones."""
        age = self._now() - self._snapshot().at
        if age > self._stale_after:
            return PlainTextResponse(f"the picture is {age:.1f} s old\n", status_code=503)
        return PlainTextResponse("ok\n")

    async def metrics(self, request: Request) -> Response:
        """The metrics; made in a thread, because with many virtual routers that takes longer than a verdict may."""
        accept = request.headers.get("accept", "")
        body, content_type = await _in_thread(partial(exposition, self._registry, accept, self._snapshot()))
        return Response(body, headers={"content-type": content_type})

    async def check(self, request: Request) -> Response:
        """Header and finished line for check_hawatch."""
        try:
            question = Question.from_query(request.query_params.multi_items())
        except QuestionError as error:
            return PlainTextResponse(f"{error}\n", status_code=400)
        text = await _in_thread(partial(check_text, self._snapshot(), question, self._now()))
        return PlainTextResponse(text)

    async def status(self, _request: Request) -> Response:
        """The picture as JSON; made in a thread, as the metrics are."""
        body = await _in_thread(partial(status_body, self._snapshot()))
        return Response(body, media_type="application/json")

    async def history(self, request: Request) -> Response:
        """The last hour as lanes; made in a thread, as the metrics are."""
        past = self._past()
        if past is None:
            return PlainTextResponse("nothing is remembered\n", status_code=503)
        return await _in_thread(partial(history_response, request, past))

    async def targets(self, _request: Request) -> Response:
        """Whom a Prometheus is to scrape: this agent and its peers'."""
        return JSONResponse(targets(self._snapshot()))

    async def incidents(self, _request: Request) -> Response:
        """The open ones and the latest that are over, with their timelines, as everybody may read them."""
        return JSONResponse([incident_json(each) for each in self._incidents()])

    async def bundle(self, request: Request) -> Response:
        """Black box, journal and status as a tar.gz, packed while it is read."""
        return await bundle_response(request, self._bundle)

    async def events(self, request: Request) -> Response:
        """Server-sent events: first the present verdicts and which picture this is, then every change."""
        if self._changes.full:
            return PlainTextResponse("too many listen already\n", status_code=503)
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[str]:
        with self._changes.subscribe() as subscription:
            for record in verdict_changes(None, self._snapshot()):
                yield _event(Event("verdict", record))
            yield _event(self._changes.picture)
            while True:
                try:
                    change = await asyncio.wait_for(subscription.get(), HEARTBEAT)
                except TimeoutError:
                    yield ": nothing new\n\n"
                    continue
                if change is None:
                    return
                yield _event(change)


async def _in_thread(make: Callable[[], _T]) -> _T:
    """What is made there, if the thread comes back; if it does not, the listener is missed (hawatch/heartbeat.py)."""
    with at_work():
        return await asyncio.to_thread(make)


def _event(event: Event) -> str:
    return f"event: {event.name}\ndata: {json.dumps(event.data)}\n\n"


def build_app(
    snapshot: Callable[[], Snapshot],
    *,
    now: Callable[[], float],
    changes: Broadcast,
    stale_after: float = STALE_AFTER,
    bundle: Bundle | None = None,
    bundle_of: BundleOf | None = None,
    incidents: Incidents = no_incidents,
    desk: Desk | None = None,
    hooks: Hooks | None = None,
    past: PastOf = no_past,
    page: ServedPage | None = None,
    answers: AnswerRoutes | None = None,
    drills: Drills | None = None,
) -> Starlette:
    """The application; `now` and `stale_after` in monotonic seconds, `changes` fed by whoever swaps the Snapshot.

    `past` gives what is remembered, `page` is for browsers; `answers` are for people with a token, and `desk`, whose
    paths are the same, and `drills` for those who may use the socket.
    """
    views = Views(
        snapshot,
        now,
        changes,
        stale_after,
        bundle=bundle,
        bundle_of=bundle_of,
        incidents=incidents,
        desk=desk,
        hooks=hooks,
        past=past,
        page=page,
        drills=drills,
    )
    further = () if answers is None else answers.routes()
    app = Starlette(routes=[*further, *views.routes()], middleware=[Middleware(Limits)])
    # A redirect would echo a Host header that anybody can forge.
    app.router.redirect_slashes = False
    return app
