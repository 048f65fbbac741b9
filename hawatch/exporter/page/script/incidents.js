// Incidents: who looks after them, the answers to them, and their timelines.

const PAST_SHOWN = 10;

function incidentState(incident) {
  const by = incident.acknowledged_by;
  if (incident.state === "acknowledged") return say("incident.acknowledged", { who: by });
  if (incident.state === "snoozed") {
    return say("incident.snoozed", { who: by, until: clock(incident.snoozed_until) });
  }
  if (incident.state === "resolved") return say("incident.resolved", { time: clock(incident.resolved) });
  return say("incident.open");
}

/** The buttons, and what became of the last one. */
function incidentAnswers(incident, place) {
  if (incident.state === "resolved") return null;
  const id = incident.id;
  const mine = answer && answer.id === id && answer.state !== "asking" ? answer : null;
  const button = (verb, key, given) => of("button", {
    type: "button", key: verb, "aria-label": say(`incident.${key}_of`, { id }), "data-answer": verb,
    "aria-disabled": mine && mine.state === "sending" ? "true" : null, on: { click: () => answerTo(id, verb) }, ...given,
  }, say(`incident.${key}`));
  return of(
    "div", { class: "answers", key: `answers ${place}` },
    of("p", { class: "buttons" },
      incident.state !== "acknowledged" && button("ack", "acknowledge", { class: "primary" }),
      incident.state === "open" ? null : button("release", "release", {}),
      incident.state === "snoozed" ? null : button("snooze", "snooze", {})),
    mine && of("p", { class: mine.state === "failed" ? "problem" : "hint" }, mine.text),
  );
}

function codesOf(incident) {
  const codes = (incident.codes || []).filter((each) => !each.retired).map((each) => each.code);
  return codes.length > 0 && of("span", { class: "tag" }, codes.map(clean).join(" "));
}

function incidentsSection(incidents) {
  const open = incidents.filter((each) => each.state !== "resolved");
  const past = incidents.filter((each) => each.state === "resolved").slice(0, PAST_SHOWN);
  return of(
    "section", { class: "card", key: "incidents", "aria-labelledby": "incidents" },
    of("h2", { id: "incidents" }, say("incident.title")),
    incidents.length === 0 && of("p", { class: "quiet" }, say("incident.none")),
    open.length > 0 && of("ul", { class: "plain", key: "open" }, open.map(incidentItem)),
    past.length > 0 && of("details", { key: "past" },
      of("summary", {}, `${say("incident.past")} (${past.length})`),
      of("ul", { class: "plain" }, past.map(incidentItem))),
  );
}

function incidentItem(incident) {
  const parts = incident.virtual_routers.map((part) => part.instance);
  return of(
    "li", { class: `incident is-${known(incident.severity)}`, key: incident.id },
    of("p", { class: "what" }, glyph(incident.state === "resolved" ? "ok" : incident.severity), " ",
      of("strong", {}, name(incident.id)), codesOf(incident), " ", word("verdict", incident.verdict), " ",
      of("span", { class: "quiet" }, parts.length > 0 && joined(parts.slice(0, 5)), parts.length > 5 && " …")),
    of("p", {}, say("incident.opened", { time: clock(incident.opened) }), say("join.clause"),
      of("strong", {}, incidentState(incident))),
    incidentAnswers(incident, "list"),
    of("details", { key: "timeline" },
      of("summary", { "aria-label": say("incident.timeline", { id: incident.id }) }, say("incident.timeline_word")),
      of("ol", { class: "timeline" }, incident.timeline.map((entry) => of("li", {},
        timeOf(entry.time), " ", of("strong", {}, word("entry", entry.kind)), " ", name(entry.who),
        entry.text && ": ", entry.text && inEnglish("span", {}, entry.text))))),
  );
}
