"""The orders of the on-call side: what keeps incidents, reaches people, and does what they ask for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from hawatch.actions.runner import HelperActions
from hawatch.agent.crew import Order, QuietOrder
from hawatch.agent.delivery import Deliveries
from hawatch.agent.equipment import Clock
from hawatch.agent.guarding import Guarding
from hawatch.agent.helper_client import ask_helper
from hawatch.agent.mail_key import mail_key
from hawatch.agent.monitor_mirroring import Mirroring
from hawatch.agent.oncall import OnCall
from hawatch.agent.passive_pushing import Pushing
from hawatch.config import Passive, Service
from hawatch.config.monitor import Monitor
from hawatch.config.oncall import Channel
from hawatch.evidence import Sink
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.notification.duty import Shifts
from hawatch.notifiers.apprise import check_installed
from hawatch.observers.peer_link.post import Post
from hawatch.snapshot import Snapshot
from hawatch.wire.mail_token import MailTokens

Looking = Callable[[], Awaitable[None]]


class DeskOrders:
    """Makes them for one desk; `post` carries its letters. An agent that does not serve keeps incidents alone."""

    def __init__(
        self,
        oncall: OnCall,
        *,
        node: str,
        clock: Clock,
        put: Sink,
        serves: bool,
        passive: Sequence[Passive] = (),
        monitors: Sequence[Monitor] = (),
        peer_key: bytes | None = None,
        state_directory: Path | None = None,
        services: Sequence[Service] = (),
        keepalived: Callable[[], KeepalivedConfig | None] = lambda: None,
        board: Path | None = None,
    ) -> None:
        """`peer_key` is what both nodes have; in the directory is kept what must outlive the agent.

        `services` are looked at here, and some of them guarded; on the `board` everybody can read how they are.
        """
        self._oncall = oncall
        self._node = node
        self._clock = clock
        self._put = put
        self._serves = serves
        channels = {each.name: each for each in oncall.surroundings.roster.channels}
        self._state_directory = state_directory
        if serves:
            check_installed(channels.values())
        mails = any(each.mail is not None for each in channels.values())
        self._tokens = MailTokens(mail_key(peer_key, state_directory)) if mails and serves else None
        self._deliveries = Deliveries(
            oncall, channels=channels, node=node, clock=clock, put=put, tokens=self._tokens
        )
        self._lookers = dict(self._make_lookers(channels.values()))
        self._pushing = Pushing(oncall, targets=passive, node=node, clock=clock, put=put)
        self._mirroring = Mirroring(oncall, monitors=monitors, node=node, clock=clock)
        self._mirrors = bool(monitors)
        self._guarding = Guarding(
            oncall,
            services=services,
            actions=HelperActions(ask_helper),
            config=keepalived,
            clock=clock,
            put=put,
            board=board,
        )
        self._guards = bool(services)
        letters = oncall.letters
        self.post = Post(waiting=letters.waiting, take=letters.take, delivered=letters.delivered)
        # Whatever changes here goes out at once.
        oncall.tell_changes_to(self.post.nudge)

    def show(self, snapshot: Snapshot) -> None:
        """The picture is new."""
        self._pushing.show(snapshot)
        self._mirroring.show(snapshot)
        self._guarding.show(snapshot)

    def of(self) -> dict[str, Order]:
        """All orders."""
        orders = {"oncall": Order(None, self._oncall.run)}
        if not self._serves:
            return orders
        roster = self._oncall.surroundings.roster
        orders["delivery"] = QuietOrder(None, self._deliver)
        orders["deeds"] = QuietOrder(None, self._perform)
        orders["passive"] = QuietOrder(None, self._push)
        if self._guards:
            orders["guard"] = QuietOrder(None, self._guarding.run)
        if self._mirrors:
            orders["monitors"] = QuietOrder(None, self._mirroring.run)
        for channel in roster.channels:
            if channel.replies is not None:
                orders[f"replies {channel.name}"] = QuietOrder(channel, partial(self._read_replies, channel))
            if channel.mail is not None and channel.mail.imap is not None and self._tokens is not None:
                reading = partial(self._read_mailbox, channel, self._tokens)
                orders[f"replies {channel.name}"] = Order(channel, reading)
        for name, (channel, look) in self._lookers.items():
            orders[name] = Order(channel, look)
        if any(contact.rota is not None for contact in roster.contacts):
            orders["rota"] = Order(None, self._follow_rota)
        return orders

    def _make_lookers(self, channels: Iterable[Channel]) -> Iterator[tuple[str, tuple[Channel, Looking]]]:
        """What looks at the lists of providers, by its name."""
        for channel in channels if self._serves else ():
            if channel.twilio is not None or channel.http is not None:
                from hawatch.agent.provider_replies import ProviderReplies

                replies = ProviderReplies(
                    self._oncall, channel, node=self._node, clock=self._clock, put=self._put
                )
                for name, polling in replies.lookers():
                    yield name, (channel, polling.run)

    async def _deliver(self) -> None:
        await self._deliveries.run()

    async def _push(self) -> None:
        await self._pushing.run()

    async def _perform(self) -> None:
        from hawatch.agent.performing import Performer

        actions = HelperActions(ask_helper)
        await Performer(self._oncall, actions=actions, node=self._node, clock=self._clock).run()

    async def _read_replies(self, channel: Channel) -> None:
        from hawatch.agent.arrivals import take_in
        from hawatch.replies.spool import Spool

        await Spool(channel=channel, put=lambda arrival: take_in(self._oncall, arrival)).run()

    async def _read_mailbox(self, channel: Channel, tokens: MailTokens) -> None:
        from hawatch.agent.mail_replies import MailReplies

        await MailReplies(
            self._oncall,
            channel,
            tokens=tokens,
            node=self._node,
            clock=self._clock,
            put=self._put,
            state_directory=self._state_directory,
        ).run()

    async def _follow_rota(self) -> None:
        from hawatch.rota import Rota, local_zone

        surroundings = self._oncall.surroundings

        def tell(shifts: Shifts) -> None:
            surroundings.shifts = shifts

        await Rota(
            contacts=surroundings.roster.contacts,
            put=self._put,
            clock=self._clock,
            local=local_zone(),
            tell=tell,
        ).run()
