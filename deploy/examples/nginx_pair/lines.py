"""How the example is printed: a block for each event, and a table at the end. Milliseconds count from the deed."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deploy.examples.nginx_pair.record import Loss
from deploy.examples.nginx_pair.stage import INSTANCES, PAIR
from deploy.examples.nginx_pair.words import Blamed, Said
from deploy.lab import Sms
from deploy.lab.demo_lines import WIDTH, say

SLOW = 0.2  # seconds; an answer that takes longer is worth a word
SINCE = "+{:>6.0f} ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One thing that hawatch said, the first time that a node said it, and which nodes say it."""

    at: float
    who: str
    instance: str
    verdict: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is known of a deed and what followed."""

    since: float
    losses: Sequence[Loss]
    words: Sequence[Word]
    causes: Sequence[tuple[float, str]]
    texts: Sequence[tuple[str, Sms]]
    wrong: Sequence[str]


def gathered(said: Iterable[Said]) -> list[Word]:
    """What both nodes say is one word; the n-th time that a verdict comes is another one than the first."""
    seen: dict[tuple[str, str, int], list[Said]] = {}
    times: Counter[tuple[str, str, str]] = Counter()
    for each in said:
        times[each.node, each.instance, each.verdict] += 1
        nth = times[each.node, each.instance, each.verdict]
        seen.setdefault((each.instance, each.verdict, nth), []).append(each)
    return [
        Word(
            at=group[0].at,
            who="both" if {each.node for each in group} == set(PAIR) else group[0].node,
            instance=group[0].instance,
            verdict=group[0].verdict,
            summary=group[0].summary,
        )
        for group in seen.values()
    ]


def first_blamed(blamed: Iterable[Blamed], standing: frozenset[str]) -> list[tuple[float, str]]:
    """When each cause was named first, those left out that stood before."""
    found: dict[str, float] = {}
    for each in blamed:
        for cause in sorted(each.causes - standing):
            found.setdefault(cause, each.at)
    return sorted((at, cause) for cause, at in found.items())


# --- a block --------------------------------------------------------------------------------------


def show(report: Report) -> None:
    """Client, hawatch, and whoever was told."""
    for number, loss in enumerate(report.losses):
        line("client" if number == 0 else "", f"{loss.name:<6}{loss_text(loss)}")
    rows = [
        (word.at, f"{word.who:<6}{place(word):<11}{word.verdict:<11} {word.summary}") for word in report.words
    ]
    rows += [(at, f"{'':<6}{'cause':<11}{cause.replace('@', ' on ')}") for at, cause in report.causes]
    for number, (at, text) in enumerate(sorted(rows)):
        line("hawatch" if number == 0 else "", f"{after(at, report)}  {text}")
    for node, sms in report.texts:
        who = f"alice, by the modem of {node}: "
        line("told", f"{after(sms.at, report)}  {who}“{sms.text}”", hang=12)
    if not report.texts:
        line("told", "nobody")
    for sentence in report.wrong:
        line("WRONG", sentence)


def show_back(title: str, report: Report) -> None:
    """The way back, in few lines."""
    losses = "; ".join(f"{loss.name} {loss_text(loss)}" for loss in report.losses)
    line("back", f"{title}: {losses}")
    last = max((word.at for word in report.words), default=report.since)
    stands = sorted({f"{place(word)} {word.verdict}" for word in report.words if word.verdict == "steady"})
    line("", f"{after(last, report)}  {', '.join(stands) or 'nothing to say'}")
    for node, sms in report.texts:
        line("", f"{after(sms.at, report)}  alice, by the modem of {node}: “{sms.text}”", hang=12)
    for sentence in report.wrong:
        line("WRONG", sentence)


def line(head: str, text: str, *, hang: int = 0) -> None:
    """One row, wrapped where the text is long."""
    first, then = f"   {head:<9} ", " " * (13 + hang)
    say(textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=then, break_on_hyphens=False))


def after(at: float, report: Report) -> str:
    return SINCE.format((at - report.since) * 1000)


def place(word: Word) -> str:
    """`VI_1 www`."""
    return f"{word.instance} {INSTANCES[word.instance]}"


def loss_text(loss: Loss) -> str:
    """`lost for 600 ms: 12 of 280 requests (12 timeout); then lb02 answers`."""
    moved = f"; now {loss.balancers[-1]} answers" if len(loss.balancers) > 1 else ""
    if loss.slowest > SLOW:
        moved = f"; the slowest answer took {loss.slowest * 1000:.0f} ms{moved}"
    if not loss.failed:
        return f"lost nothing: {loss.asked} requests{moved}"
    why = ", ".join(f"{count} {word}" for word, count in loss.why)
    length = "still lost" if loss.seconds is None else f"lost for {loss.seconds * 1000:.0f} ms"
    return f"{length}: {loss.failed} of {loss.asked} requests ({why}){moved}"


# --- the table ------------------------------------------------------------------------------------


def show_table(rows: Sequence[tuple[str, Report]]) -> None:
    """One line for each event."""
    say(f"   {'':<46} {'www lost':>18} {'blog lost':>18}   {'hawatch said first':<24} alice read")
    for title, report in rows:
        losses = [short(loss) for loss in report.losses]
        first = min(report.words, key=lambda word: word.at, default=None)
        word = f"{after(first.at, report)} {first.verdict}" if first else "nothing"
        text = after(report.texts[0][1].at, report) if report.texts else "nothing"
        say(f"   {title:<46} {losses[0]:>18} {losses[1]:>18}   {word:<24} {text}")


def short(loss: Loss) -> str:
    """`600 ms, 12 req.`."""
    if not loss.failed:
        return "-"
    return f"{(loss.seconds or 0.0) * 1000:.0f} ms, {loss.failed} req."
