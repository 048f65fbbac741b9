// All virtual routers: trouble first, the steady ones in a line each, and a filter.

const open = new Set();
const rows = keeper();
let filter = "";

function routersSection(picture) {
  const all = worstFirst(picture.status.virtual_routers);
  if (all.length < 2) return null;
  const shown = all.filter(fits);
  const described = of(
    "section", { class: "card", key: "routers", "aria-labelledby": "routers" },
    of("h2", { id: "routers" }, say("routers.title")),
    of("p", { class: "filter" },
      of("label", { for: "filter" }, say("routers.filter")),
      of("input", { id: "filter", type: "search", placeholder: say("routers.hint"), autocomplete: "off",
        spellcheck: "false", on: { input: filtered } }),
      of("span", { class: "quiet", role: "status" }, say("routers.shown", { shown: shown.length, all: all.length }))),
    shown.length === 0 && of("p", { class: "quiet" }, say("routers.none")),
    of("ul", { class: "plain routers" }, shown.map((router) => routerItem(picture, router))),
  );
  rows.turn();
  return described;
}

function filtered(event) {
  filter = event.target.value;
  renderSoon();
}

/** Every word of the filter stands somewhere in it. */
function fits(router) {
  const text = [
    router.instance, router.verdict, word("verdict", router.verdict), router.interface, router.vrid, ...router.owners,
    ...router.vips.map((vip) => vip.address), ...router.findings.map((each) => `${each.cause} ${each.node}`),
  ].join(" ").toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((each) => text.includes(each));
}

function routerItem(picture, router) {
  const id = idOf(router);
  if (open.has(id)) return openItem(picture, router, id);
  const kind = troubled(router) ? "row" : "row steady";
  const cause = troubled(router) ? worstFindings(router)[0] : null;
  const signature = [
    language, trust(), router.severity, router.verdict, router.since, router.owners, router.vips.map((vip) => vip.address),
    severityOf(router), cause && [cause.cause, cause.node], new Date(agentNow()).getDate(),
  ].join("\u0001");
  return rows.get(id, signature, () => of("li", { key: id, class: kind }, routerLine(router, id, cause, false)));
}

function openItem(picture, router, id) {
  return of("li", { key: id, class: "row open" }, routerLine(router, id, null, true), of("div", {
    class: "details", key: "details", id: detailId(id),
  }, ...facts(picture, router), ...details(picture, router)));
}

function detailId(id) {
  return `details-${encodeURIComponent(id)}`;
}

function routerLine(router, id, cause, isOpen) {
  const severity = shownSeverity(severityOf(router));
  return of(
    "button", {
      type: "button", class: "line", key: "line", "aria-expanded": String(isOpen),
      "aria-controls": isOpen ? detailId(id) : null, on: { click: () => toggle(id) },
    },
    glyph(severity),
    of("span", { class: "instance" }, name(router.instance)),
    of("span", { class: `says is-${severity}` }, verdictOf(router)),
    of("span", { class: "owner" }, joined(router.owners) || say("hero.nobody")),
    of("span", { class: "vips" }, clean(router.vips.length ? router.vips[0].address : ""),
      router.vips.length > 1 && ` +${router.vips.length - 1}`),
    of("span", { class: "cause" }, cause && causeOn(cause)),
    of("span", { class: "when" }, timeOf(router.since)),
  );
}

function toggle(id) {
  if (!open.delete(id)) open.add(id);
  render();
}

/** What stands below the first facts: nodes side by side, the last hour, findings, evidence. */
function details(picture, router) {
  return [
    pairTable(picture.status, picture.history, router),
    swimlanes(picture.status, picture.history, router),
    findings(router),
    evidence(router),
  ];
}

function evidence(router) {
  const counters = router.keepalived_counters;
  return of(
    "section", { class: "evidence", key: "evidence" },
    of("h3", {}, say("evidence.title")),
    of("p", {}, of("strong", {}, say("evidence.rule", { rule: router.rule })), ": ",
      inEnglish("span", {}, router.summary)),
    of("dl", { class: "facts" }, Object.entries(router.evidence).map(([fact, value]) => [
      of("dt", { key: `fact ${fact}` }, word("fact", fact)),
      of("dd", { key: `value ${fact}` }, typeof value === "string" ? clean(value)
        : typeof value === "number" ? String(value) : truth(value)),
    ])),
    counters && of("details", { key: "counters" }, of("summary", {}, say("evidence.counters")),
      of("dl", { class: "facts" }, Object.entries(counters.counters).map(([key, value]) => [
        of("dt", {}, clean(key)), of("dd", {}, String(value))]))),
  );
}
