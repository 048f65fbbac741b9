// What stands around the virtual routers, and who else could be asked.

function surroundings(picture) {
  const { status } = picture;
  return of(
    "section", { class: "card", key: "around", "aria-labelledby": "around" },
    of("h2", { id: "around" }, say("around.title")),
    (status.findings || []).length > 0 && of("div", { key: "node" }, of("h3", {}, say("around.node_findings")),
      of("ul", { class: "plain" }, status.findings.map((each) => findingItem(each, "node")))),
    of("dl", { class: "answers-to", key: "list" },
      list("peers", status.peers.map(peerText)),
      list("references", status.references.map((each) => stateOf(clean(each.name), each.state))),
      list("services", status.services.map((each) =>
        stateOf(say("around.on", { name: each.name, node: each.node }), each.state))),
      list("guards", (status.guards || []).map((each) => of("li", {},
        tick({ watching: true, exhausted: false, given_up: false }[each.state]), " ", clean(each.service), ": ",
        word("guard", each.state), each.refusal && ` (${word("kept", each.refusal)})`))),
      list("observers", (status.observers || []).map((each) => of("li", {}, tick(each.up), " ", clean(each.name),
        !each.up && each.problem && ": ", !each.up && each.problem && inEnglish("span", {}, each.problem)))),
      list("passive", (status.passive || []).map((each) => of("li", {}, clean(each.name), ": ",
        say("around.passive_text", each))))),
  );
}

function list(key, items) {
  return items.length === 0 ? [] : row(key, say(`around.${key}`), of("ul", { class: "plain" }, items));
}

function stateOf(label, state) {
  return of("li", {}, tick(upness(state)), " ", label, ": ", word("value", state));
}

function peerText(peer) {
  const good = { up: true, silent: false }[peer.agent];
  return of("li", { key: peer.name }, tick(good === undefined ? null : good), " ", name(peer.name), ": ",
    peer.agent === "none" ? "" : "agent ", word("value", peer.agent),
    peer.links.map((link) => of("span", { key: link.name }, "; ", clean(link.name), " ", linkText(link))));
}

// --- the top and the bottom of the page ---------------------------------------------------------------

function top(picture) {
  const broken = connection(picture) === "broken" ? "broken" : "";
  return of(
    "header", { class: `top ${broken}`, key: "top" },
    of("a", { class: "skip", href: "#verdict" }, say("top.skip")),
    of("div", { class: "bar" },
      of("p", { class: "pair-name" }, of("strong", {}, picture.status ? name(picture.status.pair) : "hawatch"), " ",
        picture.status && of("span", { class: "quiet" }, say("top.seen_from", { node: picture.status.node }))),
      otherAgents(picture),
      of("div", { class: "languages", role: "group", "aria-label": say("top.language") },
        Object.keys(LANGUAGES).map((code) => of("button", {
          type: "button", key: code, lang: LANGUAGE_TAGS[code], "aria-pressed": String(code === language),
          "aria-label": LANGUAGE_NAMES[code], on: { click: () => switchLanguage(code) },
        }, LANGUAGE_SIGNS[code])))),
    of("div", { class: `state ${broken}`, key: "state" }, connectionLine(picture)),
    notices(picture),
  );
}

function switchLanguage(code) {
  speak(code);
  render();
}

function otherAgents(picture) {
  const links = picture.others.filter((each) => picture.status && each.node !== picture.status.node);
  return links.length > 0 && of("nav", { "aria-label": say("top.other_agents") },
    links.map((each) => of("a", { key: each.node, href: each.address, rel: "noreferrer" }, name(each.node), " ↗")));
}

/** The pages of the other agents, from the list that Prometheus is given. */
function otherPages(targets) {
  const found = [];
  for (const group of targets) {
    try {
      const url = new URL(`http://${group.targets[0]}/`);
      found.push({ node: group.labels.__meta_hawatch_node, address: url.href });
    } catch {
      // No address that a browser could open.
    }
  }
  return found;
}

function notices(picture) {
  const { status } = picture;
  if (!status) return null;
  const muted = (status.silences || []).map((each) => say("top.silence", { ...spokenMute(each), subject: each.subject }));
  if (status.maintenance) {
    const key = status.maintenance.all ? "top.maintenance_all" : "top.maintenance";
    const reason = status.maintenance.reason ? `: ${clean(status.maintenance.reason)}` : "";
    muted.unshift(say(key, spokenMute(status.maintenance)) + reason);
  }
  return muted.map((text) => of("p", { class: "notice", key: text }, text));
}

function spokenMute(mute) {
  return { until: clock(mute.until), who: mute.who };
}

function bottom(picture) {
  return of("footer", { key: "bottom" }, picture.status && of("p", {}, say("around.version", picture.status), " · ",
    of("a", { href: "/api/v1/status" }, say("around.as_text"))));
}
