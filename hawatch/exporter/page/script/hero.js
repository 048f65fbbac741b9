// The first screen: is it right, who owns which VIP, since when, why, what to do, and who looks after it.

const VIPS_SHOWN = 6;

function hero(picture) {
  const { status } = picture;
  const ranked = worstFirst(status.virtual_routers);
  if (ranked.length === 0) return nothingWatched();
  const worst = ranked[0];
  const severity = shownSeverity(severityOf(worst));
  const calm = ranked.length > 1 && !troubled(worst);
  return of(
    "section", { class: `hero is-${severity}`, key: "hero", "aria-labelledby": "verdict", "data-verdict": worst.verdict },
    headline(worst, severity, calm ? ranked.length : 0),
    calm ? holders(ranked) : [...facts(picture, worst), others(ranked)],
  );
}

/** What is not known now is not well: an old picture is never green. */
function shownSeverity(severity) {
  return trust() === "fresh" || badness(severity) > 1 ? known(severity) : "unknown";
}

function nothingWatched() {
  return of("section", { class: "hero is-unknown", key: "hero", "aria-labelledby": "verdict" },
    of("div", { class: "verdict", key: "verdict" }, glyph("unknown"),
      of("h1", { id: "verdict", tabindex: -1 }, say("top.no_routers"))));
}

function headline(worst, severity, calm) {
  const words = calm ? say("hero.all", { count: calm }) : verdictOf(worst);
  return of(
    "div", { class: "verdict", key: "verdict" }, glyph(severity),
    of("div", {},
      trust() !== "fresh" && of("p", { class: "last" }, say("top.last_known")),
      of("h1", { id: "verdict", tabindex: -1 }, words,
        of("span", { class: "spoken" }, ` (${say(`severity.${severity}`)})`)),
      !calm && of("p", { class: "router" }, name(worst.instance), " ", of("span", {}, aboutRouter(worst)))),
  );
}

function aboutRouter(router) {
  const family = { ipv4: "IPv4", ipv6: "IPv6" }[router.family] || router.family;
  return say("routers.about", { vrid: router.vrid, interface: router.interface, family });
}

/** Steady with many: how many each node owns. */
function holders(routers) {
  const counts = new Map();
  for (const router of routers) {
    const owner = joined(router.owners) || say("hero.nobody");
    counts.set(owner, (counts.get(owner) || 0) + 1);
  }
  return of("dl", { class: "answers-to" }, of("dt", {}, say("hero.owners")), of("dd", {},
    [...counts].map(([owner, count]) => `${owner}: ${count}`).join(say("join.list"))));
}

function facts(picture, router) {
  return [
    sentenceOf(picture.status, router, "p", { class: "sentence", key: "sentence" }),
    of("dl", { class: "answers-to", key: "facts" },
      ownership(picture.status, router),
      row("since", say("hero.since"), since(router.since)),
      router.last_move && !troubled(router) && row("moved", say("hero.moved"), lastMove(router.last_move)),
      whyAndWhat(router),
      incidentRow(picture, router)),
  ];
}

function row(key, label, ...content) {
  return [of("dt", { key: `label ${key}` }, label), of("dd", { key: `of ${key}` }, content)];
}

/** A row that has the whole width where there is little. */
function wideRow(key, label, ...content) {
  return row(key, label, ...content).map((each) => ({ ...each, attributes: { class: "wide" } }));
}

function ownership(status, router) {
  const nodes = nodesOf(status, router).slice(0, 8);
  return router.vips.slice(0, VIPS_SHOWN).map((vip) => wideRow(
    `vip ${vip.address}`, of("code", {}, clean(vip.address)),
    of("ul", { class: "holders" }, nodes.map((node) => {
      const held = vip.held_by[node];
      const words = held === true ? say("hero.holds") : held === false ? say("hero.not_holds") : say("hero.unknown");
      return of("li", { class: held === true ? "holds" : null, key: node }, tick(held), " ", name(node), " ",
        of("span", { class: "says" }, words));
    })),
  )).concat(router.vips.length > VIPS_SHOWN ? row("more vips", "", `+ ${router.vips.length - VIPS_SHOWN}`) : []).flat();
}

function lastMove(move) {
  return of("span", {}, say("hero.moved_text", {
    kind: word("verdict", move.kind), from: move.from, to: move.to, time: clock(move.time),
  }), move.cause && ` (${word("cause", move.cause)})`);
}

function whyAndWhat(router) {
  const found = worstFindings(router).filter((each) => badness(each.severity) > 0);
  if (found.length === 0) {
    return badness(router.severity) > 1 ? row("why", say("hero.why"), say("hero.why_unknown")) : [];
  }
  const [first, ...rest] = found;
  const summary = inEnglish("p", { class: "quiet" }, first.summary);
  const more = rest.length > 0 && of("p", { class: "quiet" }, say("hero.more", { count: rest.length }));
  return [
    ...row("why", say("hero.why"), of("strong", {}, causeOn(first)), summary, more),
    ...(first.remedy ? wideRow("what", say("hero.what"), remedy(first, "hero")) : []),
  ];
}

function incidentRow(picture, router) {
  if (!router.incident) return [];
  const incident = picture.incidents.find((each) => isNamed(each, router.incident));
  if (!incident) return row("incident", say("hero.incident"), name(router.incident));
  return wideRow("incident", say("hero.incident"),
    of("span", {}, name(incident.id), codesOf(incident), say("join.clause"), of("strong", {}, incidentState(incident))),
    incidentAnswers(incident, "hero"));
}

/** How many others stand how. */
function others(ranked) {
  if (ranked.length < 2) return null;
  const counts = new Map();
  for (const router of ranked.slice(1)) counts.set(verdictOf(router), (counts.get(verdictOf(router)) || 0) + 1);
  const text = [...counts].map(([verdict, count]) => `${verdict}: ${count}`).join(say("join.list"));
  return of("p", { class: "others", key: "others" }, of("a", { href: "#routers" }, say("hero.others")), " ", text);
}
