"""Letters between two agents: real sockets on the loopback network, and a wire that does its worst."""

from __future__ import annotations

import asyncio
import hashlib
import math
import random
from collections.abc import Callable, Sequence

from hawatch.errors import HawatchError
from hawatch.evidence import PeerReport, ReportRefused
from hawatch.observers.peer_link.intake import MOST_TAKING, Intake
from hawatch.observers.peer_link.outbound import MOST_BYTES, MOST_LETTERS, Outbound
from hawatch.observers.peer_link.post import Post
from hawatch.wire.letter import Acknowledgement, Letter, LetterPart
from hawatch.wire.letter_datagram import Cover, Mail, cut_for, decode, encode, is_mail
from tests.peer_agents import KEY, Addresses, Stories, Wire, bound_to, link, told, wired


def letter(about: str, body: bytes) -> Letter:
    return Letter(id=about, version=hashlib.sha256(body).hexdigest()[:16], body=body)


class Desk:
    """One node's records: what the other has not acknowledged, and what came from there."""

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.unacknowledged: dict[str, Letter] = {}
        self.acknowledged: list[tuple[str, str]] = []
        self.taken: list[Letter] = []
        self.stored: dict[str, bytes] = {}
        self.faults: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()
        self._changed = asyncio.Condition()
        self.post = Post(waiting=self.waiting, take=self.take, delivered=self.delivered)

    def write(self, about: str, body: bytes) -> Letter:
        written = letter(about, body)
        self.unacknowledged[about] = written
        self.post.nudge()
        return written

    def waiting(self, node: str) -> Sequence[Letter]:
        return tuple(self.unacknowledged.values()) if node == self.peer else ()

    async def take(self, node: str, letter: Letter) -> None:
        assert node == self.peer
        self.taken.append(letter)
        await self._notify()
        await self.open.wait()
        if self.faults:
            raise self.faults.pop(0)
        self.stored[letter.id] = letter.body
        await self._notify()

    def delivered(self, node: str, about: str, version: str) -> None:
        assert node == self.peer
        self.acknowledged.append((about, version))
        if self.unacknowledged[about].version == version:
            del self.unacknowledged[about]
        self._later = asyncio.create_task(self._notify())

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, wanted: Callable[[], bool]) -> None:
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(wanted), 60)

    async def rid_of_all(self) -> None:
        """Wait until everything has been acknowledged."""
        await self.until(lambda: not self.unacknowledged)


def desks() -> tuple[Desk, Desk]:
    return Desk("lb02"), Desk("lb01")


def mail_of(wire: Wire, sender: str) -> list[Mail]:
    return [decode(datagram, KEY) for datagram in wire.sent[sender] if is_mail(datagram)]


@told
async def test_a_letter_arrives_and_is_acknowledged_once_it_is_stored(
    stories: Stories, addresses: Addresses
) -> None:
    near, far = desks()
    async with wired(stories, addresses, posts=(near.post, far.post)) as (_first, wire, _second):
        far.open.clear()
        written = near.write("code/alice/47", b'{"open": true}')
        await far.until(lambda: far.taken == [written])
        await wire.carried("1", 3)
        assert (near.acknowledged, far.taken) == ([], [written])
        far.open.set()
        await near.rid_of_all()
        assert near.acknowledged == [("code/alice/47", written.version)]
        assert far.stored == {"code/alice/47": b'{"open": true}'}


@told
async def test_where_nothing_waits_nothing_is_sent(stories: Stories, addresses: Addresses) -> None:
    near, far = desks()
    async with wired(stories, addresses, posts=(near.post, far.post)) as (_first, wire, _second):
        near.post.nudge()
        await wire.carried("1", 5)
        assert mail_of(wire, "1") == []
        near.write("incident/lb01-1", b"{}")
        await near.rid_of_all()
        sent = len(mail_of(wire, "1")), len(mail_of(wire, "2"))
        await wire.carried("1", 30)
        assert (len(mail_of(wire, "1")), len(mail_of(wire, "2"))) == sent
        assert sent[0] <= 4


@told
async def test_letters_of_20_kib_arrive_both_ways(stories: Stories, addresses: Addresses) -> None:
    near, far = desks()
    async with wired(stories, addresses, posts=(near.post, far.post)):
        bodies = [random.Random(seed).randbytes(20 * 1024) for seed in range(2)]
        near.write("incident/lb01-1", bodies[0])
        far.write("incident/lb02-1", bodies[1])
        await near.rid_of_all()
        await far.rid_of_all()
        assert far.stored == {"incident/lb01-1": bodies[0]}
        assert near.stored == {"incident/lb02-1": bodies[1]}


@told
async def test_over_a_wire_that_loses_doubles_and_reorders_the_latest_version_of_each_arrives(
    stories: Stories, addresses: Addresses
) -> None:
    near, far = desks()
    chance = random.Random(7)
    kept: list[bytes] = []

    def fate(_sender: str, datagram: bytes) -> list[bytes]:
        if not is_mail(datagram) or chance.random() < 0.3:
            return [] if is_mail(datagram) else [datagram]
        kept.append(datagram)
        if len(kept) < 4:
            return []
        chance.shuffle(kept)
        return [kept.pop(), kept.pop(), *kept[:1]]

    async with wired(stories, addresses, posts=(near.post, far.post)) as (_first, wire, _second):
        wire.fate = fate
        latest: dict[str, bytes] = {}
        for version in range(8):
            for number in range(6):
                body = f"{version} of {number} ".encode() * chance.choice((1, 1000))
                body += chance.randbytes(chance.choice((0, 3000)))
                latest[f"code/{number}"] = body
                near.write(f"code/{number}", body)
            await wire.carried("1", 2)
        await near.rid_of_all()
        assert far.stored == latest
        assert near.acknowledged[-1][0] in latest


@told
async def test_an_older_version_that_comes_late_is_not_taken(stories: Stories, addresses: Addresses) -> None:
    near, far = desks()
    async with wired(stories, addresses, posts=(near.post, far.post)) as (_first, wire, _second):
        late: list[bytes] = []

        def hold_back(sender: str, datagram: bytes) -> list[bytes]:
            if sender == "1" and is_mail(datagram):
                late.append(datagram)
                return []
            return [datagram]

        wire.fate = hold_back
        near.write("code/alice/47", b"open")
        await wire.carried("1", 2)
        while not late:
            await wire.carried("1", 1)
        wire.fate = lambda _sender, datagram: [datagram]
        closed = near.write("code/alice/47", b"closed")
        await near.rid_of_all()
        for datagram in late:
            wire.deliver("1", datagram)
        near.write("code/alice/48", b"open")
        await near.rid_of_all()
        taken = [each for each in far.taken if each.id == closed.id]
        assert taken[-1] == closed  # before it one that was on its way when the wire was let go
        assert taken.count(closed) == 1
        assert far.stored["code/alice/47"] == b"closed"


@told
async def test_a_letter_that_was_not_stored_comes_again(stories: Stories, addresses: Addresses) -> None:
    near, far = desks()
    far.faults = [HawatchError("the disk is full")] * 3
    async with wired(stories, addresses, posts=(near.post, far.post)):
        written = near.write("incident/lb01-1", b"{}")
        await near.rid_of_all()
        assert far.taken == [written] * 4
        assert near.acknowledged == [(written.id, written.version)]


@told
async def test_letters_that_are_never_taken_do_not_block_the_others(
    stories: Stories, addresses: Addresses
) -> None:
    near, far = desks()

    class Refusing(Desk):
        async def take(self, node: str, letter: Letter) -> None:
            if letter.id.startswith("bad"):
                raise HawatchError("this agent cannot read it")
            await super().take(node, letter)

    far = Refusing("lb01")
    async with wired(stories, addresses, posts=(near.post, far.post)):
        for number in range(MOST_LETTERS):
            near.write(f"bad/{number}", b"{}")
        good = near.write("good", b"{}")
        await near.until(lambda: (good.id, good.version) in near.acknowledged)
        assert len(near.unacknowledged) == MOST_LETTERS


@told
async def test_a_receiver_that_restarts_before_it_acknowledged_takes_the_letter_again(
    stories: Stories, addresses: Addresses
) -> None:
    near, far = desks()
    async with wired(stories, addresses, posts=(near.post, far.post)) as (first, _wire, _second):
        far.open.clear()
        written = near.write("code/alice/47", b"{}")
        await far.until(lambda: far.taken == [written])
        stories.tasks[1].cancel()
        await asyncio.gather(stories.tasks[1], return_exceptions=True)
        far.open.set()  # stored, but there is no way any more to say so
        again = Desk("lb01")
        stories.agent("lb02", link(addresses[2], addresses[12]), post=again.post)
        await near.rid_of_all()
        assert again.taken == [written]
        assert {refused.reason for refused in first.of(ReportRefused)} <= {"unproved boot id", "old boot id"}


@told
async def test_a_sender_that_restarts_sends_what_still_waits(stories: Stories, addresses: Addresses) -> None:
    near, far = desks()
    async with wired(stories, addresses, posts=(near.post, far.post)) as (_first, wire, _second):
        wire.passes["2"] = False
        written = near.write("code/alice/47", b"{}")
        await far.until(lambda: far.stored == {written.id: written.body})
        stories.tasks[0].cancel()
        await asyncio.gather(stories.tasks[0], return_exceptions=True)
        assert near.acknowledged == []
        wire.passes["2"] = True
        stories.agent("lb01", link(addresses[1], addresses[11]), post=near.post)
        await near.rid_of_all()
        assert far.taken == [written] * 2


@told
async def test_after_a_partition_letters_go_out_at_once(stories: Stories, addresses: Addresses) -> None:
    near, far = desks()
    async with wired(stories, addresses, posts=(near.post, far.post)) as (_first, wire, _second):
        wire.passes = {"1": False, "2": False}
        near.write("incident/lb01-1", b"{}")
        carrier = near.post._carrier
        assert carrier is not None
        while carrier.reaches("lb02"):
            await wire.carried("1", 1)
        assert "incident/lb01-1" in [mail.parts[0].id for mail in mail_of(wire, "1")]
        before = len(mail_of(wire, "1"))
        near.write("code/alice/47", b"{}")
        await wire.carried("1", 25)
        assert len(mail_of(wire, "1")) == before
        wire.passes = {"1": True, "2": True}
        await near.rid_of_all()
        assert far.stored == {"incident/lb01-1": b"{}", "code/alice/47": b"{}"}


@told
async def test_a_letter_does_not_wait_for_the_next_report(stories: Stories, addresses: Addresses) -> None:
    near, far = desks()
    async with wired(stories, addresses, interval=3600, posts=(near.post, far.post)):
        near.write("code/alice/47", b"{}")
        await near.rid_of_all()
        assert far.stored == {"code/alice/47": b"{}"}


@told
async def test_without_a_peer_link_letters_wait_until_there_is_one(
    stories: Stories, addresses: Addresses
) -> None:
    near, far = desks()
    written = near.write("code/alice/47", b"{}")
    async with wired(stories, addresses, posts=(near.post, far.post)):
        await near.rid_of_all()
        assert far.taken == [written]


@told
async def test_a_dead_link_of_two_delays_nothing(stories: Stories, addresses: Addresses) -> None:
    near, far = desks()
    wire = Wire(addresses, stories.port)
    first = stories.agent(
        "lb01",
        link(addresses[1], addresses[11], name="heartbeat"),
        link(addresses[3], addresses[4], name="lan"),
        post=near.post,
    )
    second = stories.agent(
        "lb02",
        link(addresses[2], addresses[12], name="heartbeat"),
        link(addresses[4], addresses[3], name="lan"),
        post=far.post,
    )
    for node in (first, second):
        for name in ("heartbeat", "lan"):
            await node.sees(PeerReport, lambda heard, name=name: heard.link == name)  # type: ignore[misc]
    wire.passes = {"1": False, "2": False}
    for number in range(4):
        near.write(f"code/{number}", b"{}")
        await near.rid_of_all()
    assert [mail.parts[0].id for mail in mail_of(wire, "1")] == [f"code/{number}" for number in range(4)]
    wire.close()


@told
async def test_a_recorded_letter_is_not_taken_again(stories: Stories, addresses: Addresses) -> None:
    near, far = desks()
    async with wired(stories, addresses, posts=(near.post, far.post)) as (_first, wire, second):
        written = near.write("order/demote", b"{}")
        await near.rid_of_all()
        recorded = [datagram for datagram in wire.sent["1"] if is_mail(datagram)]
        for datagram in recorded:
            wire.deliver("1", datagram)
        refused = await second.sees(ReportRefused)
        assert refused.reason == "replayed"
        assert far.taken == [written]
        stories.tasks[1].cancel()
        await asyncio.gather(stories.tasks[1], return_exceptions=True)
        again = Desk("lb01")
        restarted = stories.agent("lb02", link(addresses[2], addresses[12]), post=again.post)
        await restarted.sees(PeerReport)
        for datagram in recorded:
            wire.deliver("1", datagram)
        near.write("order/announce", b"{}")
        await near.rid_of_all()
        assert [each.id for each in again.taken] == ["order/announce"]


@told
async def test_a_letter_with_a_wrong_key_or_from_a_stranger_is_not_taken(
    stories: Stories, addresses: Addresses
) -> None:
    near, far = desks()
    async with wired(stories, addresses, posts=(near.post, far.post)) as (_first, wire, second):
        near.write("code/alice/47", b"{}")
        await near.rid_of_all()
        cover = mail_of(wire, "1")[0].cover
        forged = letter("order/demote", b"{}")
        later = Cover(boot_id=cover.boot_id, sequence=cover.sequence + 500, node="lb01", to=cover.to)
        unknown = Cover(boot_id="00" * 8, sequence=1, node="lb01", to=cover.to)
        parts = cut_for("lb01", forged)
        with bound_to(addresses[21], stories.port) as attacker:
            for datagram in (
                *encode(Mail(cover=unknown, parts=parts), KEY),
                *encode(Mail(cover=later, parts=parts), b"another key"),
                b"hL and then nothing of the kind that is expected here",
            ):
                attacker.sendto(datagram, (addresses[2], stories.port))
        reasons: set[str] = set()
        while len(reasons) < 2:
            refused = await second.sees(ReportRefused)
            second.seen.remove(refused)
            reasons.add(refused.reason)
        assert reasons == {"wrong key", "newer major version"}
        assert [each.id for each in far.taken] == ["code/alice/47"]


@told
async def test_an_agent_that_takes_no_letters_is_sent_none(stories: Stories, addresses: Addresses) -> None:
    near, _ = desks()
    async with wired(stories, addresses, posts=(near.post, None)) as (_first, wire, second):
        near.write("code/alice/47", b"{}")
        await wire.carried("1", 10)
        assert mail_of(wire, "1") == []
        assert second.of(ReportRefused) == []


@told
async def test_a_long_list_of_letters_arrives_without_a_flood(stories: Stories, addresses: Addresses) -> None:
    near, far = desks()
    async with wired(stories, addresses, posts=(near.post, far.post)):
        for number in range(200):
            near.write(f"code/{number}", random.Random(number).randbytes(700))
        await near.rid_of_all()
        assert len(far.stored) == 200


@told
async def test_three_agents_each_get_their_own(stories: Stories, addresses: Addresses) -> None:
    all_desks = {name: {} for name in ("lb02", "lb03")}  # type: dict[str, dict[str, Letter]]
    done = asyncio.Event()

    def delivered(node: str, about: str, version: str) -> None:
        del all_desks[node][about]
        if not any(all_desks.values()):
            done.set()

    async def refuse(_node: str, _letter: Letter) -> None:
        raise HawatchError("nobody writes here")

    post = Post(waiting=lambda node: list(all_desks[node].values()), take=refuse, delivered=delivered)
    stories.agent(
        "lb01",
        link(addresses[1], addresses[2], name="two"),
        link(addresses[1], addresses[3], name="three"),
        post=post,
    )
    others = {2: Desk("lb01"), 3: Desk("lb01")}
    for host, desk in others.items():
        stories.agent(f"lb0{host}", link(addresses[host], addresses[1]), post=desk.post)
    for name, waiting in all_desks.items():
        waiting["code/1"] = letter("code/1", name.encode())
    post.nudge()
    await asyncio.wait_for(done.wait(), 60)
    assert {host: desk.stored for host, desk in others.items()} == {
        2: {"code/1": b"lb02"},
        3: {"code/1": b"lb03"},
    }


# --- what goes out when, without a wire -------------------------------------------------------------


def whole(letter: Letter) -> tuple[LetterPart, ...]:
    return cut_for("lb01", letter)


def sent(outbound: Outbound, waiting: Sequence[Letter], now: float, sequence: int = 1) -> list[str]:
    return [part.id for part in outbound.due(waiting, now, sequence) if part.number == 0]


def test_a_letter_is_repeated_soon_and_then_once_a_second() -> None:
    outbound = Outbound(whole)
    one = [letter("a", b"{}")]
    moments = [0.0]
    assert sent(outbound, one, 100.0) == ["a"]
    while len(moments) < 6:
        now = outbound.next_due()
        assert sent(outbound, one, now - 0.001) == []
        assert sent(outbound, one, now) == ["a"]
        moments.append(round(now - 100.0, 3))
    assert moments == [0.0, 0.05, 0.15, 0.4, 1.4, 2.4]


def test_what_is_on_its_way_at_once_is_bounded_in_number_and_in_bytes() -> None:
    small = [letter(f"small/{number}", b"{}") for number in range(40)]
    assert sent(Outbound(whole), small, 0.0) == [f"small/{number}" for number in range(MOST_LETTERS)]
    large = [letter(f"large/{number}", random.Random(number).randbytes(5000)) for number in range(40)]
    assert len(sent(Outbound(whole), large, 0.0)) == MOST_BYTES // 5000
    assert sent(Outbound(whole), [letter("huge", random.Random(1).randbytes(20_000))], 0.0) == ["huge"]


def test_a_letter_that_arrived_is_not_sent_again_while_it_still_waits() -> None:
    outbound = Outbound(whole)
    some = [letter("a", b"{}"), letter("b", b"{}")]
    sent(outbound, some, 0.0)
    news = Acknowledgement(id="a", version=some[0].version, sequence=1)
    assert (outbound.acknowledged(news), outbound.acknowledged(news)) == (True, False)
    assert sent(outbound, some, 0.05) == ["b"]
    outbound.acknowledged(Acknowledgement(id="b", version=some[1].version, sequence=1))
    assert outbound.next_due() == math.inf


def test_an_acknowledgement_from_before_another_version_went_out_tells_nothing() -> None:
    outbound = Outbound(whole)
    yes, no = letter("a", b"yes"), letter("a", b"no")
    for sequence, version in ((10, yes), (20, no), (30, yes)):
        assert sent(outbound, [version], float(sequence), sequence) == ["a"]
    assert not outbound.acknowledged(Acknowledgement(id="a", version=yes.version, sequence=12))
    assert not outbound.acknowledged(Acknowledgement(id="a", version=no.version, sequence=31))
    assert outbound.acknowledged(Acknowledgement(id="a", version=yes.version, sequence=30))


# --- what is taken, without a wire -------------------------------------------------------------------


class Counter:
    """The receiving side's records: what it was told to take, and what it acknowledged."""

    def __init__(self) -> None:
        self.started: list[Letter] = []
        self.news: list[Acknowledgement] = []
        self.intake = Intake(start=self.started.append, acknowledge=self.news.append)

    def gets(self, some: Letter, sequence: int) -> None:
        for part in whole(some):
            self.intake.arrived(part, sequence)


def test_a_letter_is_taken_once_however_often_it_comes_meanwhile() -> None:
    counter, one = Counter(), letter("a", b"1")
    for sequence in (1, 3, 2):
        counter.gets(one, sequence)
    assert (counter.started, counter.news) == ([one], [])
    counter.intake.finished(one, stored=True)
    counter.gets(one, 5)
    assert counter.started == [one]
    assert [news.sequence for news in counter.news] == [3, 5]


def test_a_newer_version_waits_until_the_older_one_is_taken_and_alone_is_acknowledged() -> None:
    counter = Counter()
    one, two, three = (letter("a", body) for body in (b"1", b"2", b"3"))
    counter.gets(one, 1)
    counter.gets(three, 3)
    counter.gets(two, 2)
    assert counter.started == [one]
    counter.intake.finished(one, stored=True)
    assert (counter.started, counter.news) == ([one, three], [])
    counter.intake.finished(three, stored=True)
    assert counter.news == [Acknowledgement(id="a", version=three.version, sequence=3)]


def test_a_version_that_returns_is_taken_again() -> None:
    counter = Counter()
    yes, no = letter("a", b"yes"), letter("a", b"no")
    for sequence, version in enumerate((yes, no, yes), start=1):
        counter.gets(version, sequence)
        counter.intake.finished(version, stored=True)
    counter.gets(no, 2)
    assert counter.started == [yes, no, yes]
    assert [news.sequence for news in counter.news] == [1, 2, 3]


def test_not_more_than_so_many_letters_are_taken_at_once() -> None:
    counter = Counter()
    some = [letter(f"a/{number}", b"{}") for number in range(MOST_TAKING + 5)]
    for each in some:
        counter.gets(each, 1)
    assert counter.started == some[:MOST_TAKING]
    counter.intake.finished(some[0], stored=True)
    counter.gets(some[-1], 2)
    assert counter.started == [*some[:MOST_TAKING], some[-1]]


# --- the post by itself, with a carrier that only notes ----------------------------------------------


class Notes:
    """A way to one peer that is heard or not, and all that was sent over it."""

    def __init__(self) -> None:
        self.heard = True
        self.moment = 100.0
        self.sent: list[tuple[str, list[str], list[Acknowledgement]]] = []

    def now(self) -> float:
        return self.moment

    def sequence(self) -> int:
        return 1

    def reaches(self, node: str) -> bool:
        assert node == "lb02"
        return self.heard

    def cut(self, letter: Letter) -> tuple[LetterPart, ...]:
        return whole(letter)

    def carry(self, node: str, to: str, parts: Sequence[LetterPart], news: Sequence[Acknowledgement]) -> None:
        assert node == "lb02"
        self.sent.append((to, [part.id for part in parts], list(news)))


def brings(boot_id: str, some: Letter, sequence: int) -> Mail:
    cover = Cover(boot_id=boot_id, sequence=sequence, node="lb02", to="aa" * 8)
    return Mail(cover=cover, parts=whole(some))


async def soon() -> None:
    """Let everything happen that is due by now."""
    for _ in range(10):
        await asyncio.sleep(0)


@told
async def test_another_run_of_the_peer_gets_everything_at_once(
    stories: Stories, addresses: Addresses
) -> None:
    notes, desk = Notes(), Desk("lb02")
    desk.post.attach(notes)
    desk.write("a", b"{}")
    for boot_id in ("former", "former", "latter"):
        desk.post.heard("lb02", boot_id, takes_letters=True)
        await soon()
    assert notes.sent == [("former", ["a"], []), ("latter", ["a"], [])]
    desk.post.detach()


@told
async def test_to_a_silent_peer_nothing_is_sent_until_it_is_heard_again(
    stories: Stories, addresses: Addresses
) -> None:
    notes, desk = Notes(), Desk("lb02")
    desk.post.attach(notes)
    desk.post.heard("lb02", "run", takes_letters=True)
    desk.write("a", b"{}")
    await soon()
    notes.heard = False
    desk.write("b", b"{}")
    await soon()
    assert notes.sent == [("run", ["a"], [])]
    notes.heard = True
    desk.post.heard("lb02", "run", takes_letters=True)
    await soon()
    assert notes.sent[1:] == [("run", ["a", "b"], [])]
    desk.post.detach()


@told
async def test_what_a_former_run_sent_is_not_acknowledged_to_the_latter(
    stories: Stories, addresses: Addresses
) -> None:
    notes, desk = Notes(), Desk("lb02")
    desk.open.clear()
    desk.post.attach(notes)
    desk.post.heard("lb02", "former", takes_letters=True)
    desk.post.arrived(brings("former", letter("a", b"yes"), 500))
    await soon()
    desk.post.heard("lb02", "latter", takes_letters=True)
    desk.post.arrived(brings("latter", letter("b", b"{}"), 1))
    desk.post.arrived(brings("former", letter("c", b"{}"), 501))
    desk.open.set()
    await desk.until(lambda: set(desk.stored) == {"a", "b"})
    await soon()
    assert [(to, [each.id for each in news]) for to, _, news in notes.sent] == [("latter", ["b"])]
    desk.post.detach()


@told
async def test_letters_that_cannot_be_read_here_hold_back_no_acknowledgement(
    stories: Stories, addresses: Addresses
) -> None:
    class Broken(Desk):
        def waiting(self, node: str) -> Sequence[Letter]:
            raise HawatchError(f"the letters for {node} are locked")

    notes, desk = Notes(), Broken("lb02")
    desk.post.attach(notes)
    desk.post.heard("lb02", "run", takes_letters=True)
    desk.post.arrived(brings("run", letter("a", b"{}"), 1))
    await desk.until(lambda: "a" in desk.stored)
    await soon()
    assert [(to, [each.id for each in news]) for to, _, news in notes.sent] == [("run", ["a"])]
    desk.post.detach()
