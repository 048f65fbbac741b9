// The last hour of a virtual router as swimlanes, with a moment to look at, and the same as a table.

let moment = null;
let asTable = false;
/** Seconds that the picture shows; null: as many as something is known of. */
let shownSpan = null;
const SPANS = [3600, 600, 120];
const HEIGHT = 22;
/** Pixels at the right end that are the last word's. */
const END_ROOM = 80;
const MOST_ROWS = 400;
const LETTER = { en: 7.2, zh: 13 };

function swimlanes(status, history, router) {
  const lanes = lanesOf(history, router, nodesOf(status, router));
  if (lanes.length === 0) {
    return of("section", { class: "lanes", key: "lanes" },
      of("div", { class: "headline" }, of("h3", {}, say("lanes.title"))), of("p", { class: "quiet" }, say("lanes.none")));
  }
  const span = shownSpan || knownSpan(history, lanes);
  return of("section", { class: "lanes", key: "lanes" }, laneHead(span),
    asTable ? laneTable(lanes, router) : lanePicture({ from: history.to - span, to: history.to }, lanes, idOf(router)));
}

function laneHead(span) {
  return of(
    "div", { class: "headline" }, of("h3", {}, say("lanes.title")),
    of("div", { class: "forms" },
      !asTable && of("span", { role: "group", "aria-label": say("lanes.span_shown") }, SPANS.map((seconds) => of("button", {
        type: "button", class: "small", key: seconds, "aria-pressed": String(seconds === span),
        on: { click: () => showSpan(seconds) },
      }, say("unit.minutes", { n: seconds / 60 })))),
      of("button", { type: "button", class: "small", on: { click: switchForm } },
        say(asTable ? "lanes.as_picture" : "lanes.as_table"))),
  );
}

/** The shortest span that leaves out nothing that is known. */
function knownSpan(history, lanes) {
  const begins = lanes.flatMap((lane) => lane.spans.filter((each) => each[2] !== null).slice(0, 1).map((each) => each[0]));
  const known = history.to - Math.min(history.to, ...begins);
  return SPANS.filter((each) => each >= known).pop() || SPANS[0];
}

function showSpan(seconds) {
  shownSpan = seconds;
  moment = null;
  render();
}

function switchForm() {
  asTable = !asTable;
  render();
}

// --- the picture --------------------------------------------------------------------------------------

function lanePicture(history, lanes, id) {
  const at = moment === null ? history.to : Math.min(Math.max(moment, history.from), history.to);
  return of(
    "div", { class: "picture", key: "picture" },
    lanes.map((lane) => laneRow(history, lanes, lane, at)),
    axis(history),
    overlapLine(lanes),
    of("div", { class: "moment" },
      of("input", {
        type: "range", class: "range", min: 0, max: Math.round(history.to - history.from), step: 1,
        "aria-label": say("lanes.moment"), "aria-valuetext": spokenMoment(lanes, at), "data-range": id, "data-from": history.from,
        on: { input: (event) => lookAt(event.target, history) },
      }),
      of("output", {}, moment === null ? endOf(history) : say("lanes.at", { time: clock(at * 1000) }))),
  );
}

/** The times of two holders in words, the newest first. */
function overlapLine(lanes) {
  const found = new Map();
  for (const lane of lanes) {
    for (const [from, to] of bothAtOnce(lane, lanes)) found.set(`${lane.vip} ${from}`, [lane.vip, from, to]);
  }
  const newest = [...found.values()].sort((a, b) => b[1] - a[1]).slice(0, 3);
  return newest.length > 0 && of("p", { class: "overlaps", key: "overlaps" }, `${say("lanes.both")}: `,
    newest.map(([vip, from, to]) => `${clean(vip)} ${clock(from * 1000)}–${clock(to * 1000)}`).join(say("join.list")));
}

function lookAt(input, history) {
  const value = Number(input.value);
  moment = value >= Number(input.max) ? null : history.from + value;
  renderSoon();
}

/** The right end: it is now, unless the picture is old. */
function endOf(history) {
  return trust() === "fresh" ? say("lanes.now") : clock(history.to * 1000);
}

/** After drawing: a slider's place is a property, not an attribute. */
function placeSliders() {
  for (const input of document.querySelectorAll("input[data-range]")) {
    const wanted = String(moment === null ? input.max : Math.round(moment - Number(input.dataset.from)));
    if (input.value !== wanted) input.value = wanted;
  }
}

function spokenMoment(lanes, at) {
  const verdict = lanes.find((lane) => lane.kind === "verdict");
  const time = moment === null ? say("lanes.now") : clock(at * 1000);
  return verdict ? `${time}: ${valueName(verdict, valueAt(verdict, at))}` : time;
}

function laneRow(history, lanes, lane, at) {
  const value = valueAt(lane, at);
  return of(
    "div", { class: "lane", key: laneId(lane) },
    of("p", { class: "label" }, of("span", {}, laneName(lane)),
      of("strong", { class: `reads is-${valueLook(lane, value)}` }, valueName(lane, value))),
    of("svg", {
      class: "spans", width: "100%", height: HEIGHT, role: "img", "aria-label": spokenLane(lane),
      on: { pointermove: (event) => point(event, history), pointerleave: () => point(null, history) },
    },
    lane.spans.filter(([, to]) => to > history.from).map((span) => drawnSpan(history, lane, span)).flat(),
    bothAtOnce(lane, lanes).filter(([, to]) => to > history.from).map(([from, to]) =>
      of("rect", { class: "both", y: 0, height: 4, ...across(history, from, to) })),
    of("line", { class: "cursor", x1: place(history, at), x2: place(history, at), y1: 0, y2: HEIGHT })),
  );
}

function drawnSpan(history, lane, [from, to, value]) {
  const look = valueLook(lane, value);
  const [y, height] = look === "off" ? [HEIGHT - 4, 2] : [3, HEIGHT - 6];
  const where = across(history, from, to);
  const text = valueName(lane, value);
  const shown = [of("rect", { class: `span is-${look}`, y, height, ...where })];
  if (look === "on" || look === "off") return shown;
  const room = (parseFloat(where.width) / 100) * laneWidth();
  if (room > text.length * LETTER[language] + 10) {
    shown.push(of("text", { class: `name is-${look}`, x: where.x, dx: 5, y: HEIGHT / 2 + 4 }, text));
  }
  return shown;
}

/** Where a span lies; the shortest can still be seen. */
function across(history, from, to) {
  const whole = history.to - history.from || 1;
  const start = Math.max((from - history.from) / whole, 0);
  const width = Math.max((Math.min(to, history.to) - Math.max(from, history.from)) / whole, 0.002);
  return { x: `${(Math.min(start, 1 - width) * 100).toFixed(3)}%`, width: `${(width * 100).toFixed(3)}%` };
}

function place(history, at) {
  return `${((at - history.from) / (history.to - history.from || 1) * 100).toFixed(3)}%`;
}

function laneWidth() {
  const first = document.querySelector("svg.spans");
  return first ? first.clientWidth : 300;
}

function point(event, history) {
  if (event === null) {
    moment = null;
  } else {
    const box = event.currentTarget.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / (box.width || 1), 0), 1);
    moment = history.from + share * (history.to - history.from);
  }
  renderSoon();
}

/** Ten-minute marks of the local clock; now is at the right. */
function axis(history) {
  const marks = [];
  const last = history.to - (history.to - history.from) * (END_ROOM / laneWidth());
  const step = (history.to - history.from) / (laneWidth() < 420 ? 3 : 6);
  for (let at = Math.ceil(history.from / step) * step; at < last; at += step) marks.push(at);
  return of("svg", { class: "axis", width: "100%", height: 18, "aria-hidden": "true" },
    marks.map((at) => [
      of("line", { key: `mark ${at}`, x1: place(history, at), x2: place(history, at), y1: 0, y2: 4 }),
      of("text", { key: `time ${at}`, x: place(history, at), y: 15, "text-anchor": "middle" }, step < 60 ? clock(at * 1000).slice(-8) : hourAndMinute(at * 1000)),
    ]).flat(),
    of("text", { key: "now", x: "100%", y: 15, "text-anchor": "end" }, endOf(history)));
}

// --- in words -----------------------------------------------------------------------------------------

function spokenLane(lane) {
  const spans = lane.spans.slice(-6).reverse().map(([from, to, value]) => say("lanes.span", {
    value: valueName(lane, value), from: clock(from * 1000), to: clock(to * 1000),
  }));
  return say("lanes.summary", { lane: laneName(lane), spans: spans.join(say("join.list")) });
}

function laneTable(lanes, router) {
  const rows = lanes.flatMap((lane) => lane.spans.map((span) => [lane, span]))
    .sort((a, b) => b[1][0] - a[1][0]).slice(0, MOST_ROWS);
  return of("div", { class: "scrolls tall", key: "table", tabindex: 0, role: "group", "aria-label": say("lanes.title") },
    of("table", {},
      of("caption", { class: "spoken" }, `${say("lanes.title")}: ${clean(router.instance)}`),
      of("thead", {}, of("tr", {}, ["from", "to", "lane", "value"].map((each) =>
        of("th", { scope: "col" }, say(`lanes.${each}`))))),
      of("tbody", {}, rows.map(([lane, [from, to, value]]) => of("tr", { key: `${laneId(lane)} ${from}` },
        of("td", {}, clock(from * 1000)), of("td", {}, clock(to * 1000)),
        of("td", {}, laneName(lane)), of("td", {}, valueName(lane, value)))))));
}
