"""What the on-call desk is told of the moment: made of the picture, the configuration, the rota and both clocks."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import tzinfo
from functools import cache
from pathlib import Path

from hawatch.agent.equipment import Clock
from hawatch.codes import half_of
from hawatch.config import Config
from hawatch.config.effective import effective_channels, effective_contacts
from hawatch.config.oncall import Contact, Medium
from hawatch.desk.around import Around
from hawatch.desk.ledger import Ledger
from hawatch.errors import ConfigError
from hawatch.judge import Judge
from hawatch.notification.duty import Shifts, expired, in_quiet_hours, on_duty
from hawatch.notification.message import Message
from hawatch.notification.mute import Mute
from hawatch.notification.plan import Hour, Roster
from hawatch.notification.text import language as texts
from hawatch.notification.text.language import Language
from hawatch.picture import draw, pair_of, talking
from hawatch.snapshot import Snapshot

HOUR = 3600.0
HANDOVER = 5.0
"""Seconds for which another node may try to reach a person, before the next one is woken."""
ENGLISH = "en"


def read_languages(config: Config) -> dict[str, Language]:
    """Every language that a contact reads, and English; ConfigError names the file and the key at fault."""
    directory = config.oncall.languages
    wanted = {ENGLISH, *(each.language for each in effective_contacts(config))}
    return {name: read_language(name, directory) for name in sorted(wanted)}


def read_language(name: str, directory: str | None) -> Language:
    """One language, with the site's file of that name in the directory, if there is one. ConfigError."""
    if directory is None:
        return texts.read_language(name)
    path = Path(directory) / f"{name}.toml"
    try:
        return texts.read_language(name, path.read_bytes().decode(), str(path))
    except FileNotFoundError:
        return texts.read_language(name)
    except UnicodeDecodeError:
        raise ConfigError(str(path), "is not UTF-8") from None
    except OSError as error:
        raise ConfigError(str(path), error.strerror or str(error)) from None


class Surroundings:
    """Makes an Around of each moment; `shifts` is set by the rota."""

    def __init__(
        self,
        *,
        node: str,
        judge: Judge,
        ledger: Ledger,
        config: Config,
        clock: Clock,
        local: tzinfo,
        languages: Mapping[str, Language] | None = None,
    ) -> None:
        self.shifts: Shifts = {}
        self.roster = Roster(
            contacts=effective_contacts(config),
            channels=effective_channels(config),
            options=config.oncall,
            rules=config.notify,
        )
        self._node = node
        self._judge = judge
        self._ledger = ledger
        self._config = config
        self._clock = clock
        self._local = local
        self._running_since = clock.wall()
        self._languages = languages or read_languages(config)

    def now(self) -> Around:
        """The moment as it is."""
        now, others = self._clock.wall(), talking(self._judge, self._clock.monotonic())
        peers = {each.name for each in self._config.peers} | self._ledger.peers
        return Around(
            now=now,
            node=self._node,
            pair=pair_of(self._judge),
            picture=cache(self._draw),
            talking=others,
            roster=self._roster(now),
            hour=self._hour(now, handover=HANDOVER if others else 0.0),
            half=half_of(self._config.oncall.codes, node=self._node, members=peers),
            languages=self._languages,
            draw=secrets.randbelow,
            data=frozenset(each.instance for each in self._config.virtual_routers if each.data),
            region=self._config.oncall.region,
            local=self._local,
            running_since=self._running_since,
        )

    def _draw(self) -> Snapshot:
        """As of when somebody looks: what is decided by it is decided by what is so then."""
        return draw(self._judge, self._clock.monotonic())

    def _roster(self, now: float) -> Roster:
        """Without those whose time is over: they are told nothing, and heard no more."""
        people = tuple(each for each in self.roster.contacts if not expired(each, now, self._local))
        return replace(self.roster, contacts=people)

    def _hour(self, now: float, *, handover: float) -> Hour:
        return Hour(
            now=now,
            booted_at=self._judge.situation.node.booted_at + now - self._clock.monotonic(),
            on_duty=lambda person: self._on_duty(person, now),
            quiet=lambda person: in_quiet_hours(person, now, self._local),
            lately=lambda name: self._lately(name, now),
            mutes=tuple(each for each in self._ledger.all(Mute) if each.holds(now)),
            handover=handover,
        )

    def _on_duty(self, person: Contact, now: float) -> bool:
        return on_duty(person, now, self.shifts, self._local)

    def _lately(self, name: str, now: float) -> int:
        return sum(
            each.person == name and each.medium is Medium.SMS and now - each.created_at < HOUR
            for each in self._ledger.all(Message)
        )
