// All nodes side by side, for one virtual router.

function pairTable(status, history, router) {
  const nodes = nodesOf(status, router);
  const rows = [...pairRows(status, history, router, nodes)];
  return of(
    "section", { class: "pair", key: "pair" },
    of("h3", {}, say("pair.title")),
    of("div", { class: "scrolls", tabindex: 0, role: "group", "aria-label": say("pair.title") },
      of("table", {},
        of("thead", {}, of("tr", {}, of("th", { scope: "col" }, say("pair.fact")), nodes.map((node) =>
          of("th", { scope: "col", key: `node ${node}` }, name(node),
            node === router.preferred_owner && of("span", { class: "tag" }, say("hero.preferred")))))),
        of("tbody", {}, rows.map(([key, label, cells]) =>
          of("tr", { key }, of("th", { scope: "row" }, label), cells))))),
  );
}

function* pairRows(status, history, router, nodes) {
  for (const vip of router.vips) {
    yield [`vip ${vip.address}`, say("pair.holds", { vip: vip.address }), nodes.map((node) =>
      truthCell(vip.held_by[node], router.owners.length > 1 && vip.held_by[node] === true))];
  }
  const advertising = nodes.map((node) => nowIn(history, (lane) =>
    lane.kind === "advertiser" && lane.instance === router.instance && lane.node === node));
  yield ["advertises", say("pair.advertises"), advertising.map((value) => truthCell(value, false))];
  if ("daemon" in status) {
    const daemons = nodes.map((node) => (node === status.node ? status.daemon : (peerOf(status, node) || {}).daemon));
    yield ["keepalived", say("pair.keepalived"), daemons.map((state) =>
      stateCell(state || "unknown", { running: true, dead: false, frozen: false }[state]))];
  }
  yield ["agent", say("pair.agent"), nodes.map((node) => agentCell(status, node))];
  yield* linkRows(status, nodes);
  for (const service of new Set(status.services.map((each) => each.name))) {
    yield [`service ${service}`, say("pair.service", { service }), nodes.map((node) => {
      const found = status.services.find((each) => each.name === service && each.node === node);
      return found ? stateCell(found.state, upness(found.state)) : of("td", {}, "–");
    })];
  }
}

function* linkRows(status, nodes) {
  const names = new Set(status.peers.flatMap((peer) => peer.links.map((link) => link.name)));
  for (const link of names) {
    yield [`link ${link}`, say("pair.link", { link }), nodes.map((node) => {
      const peer = peerOf(status, node);
      const found = peer && peer.links.find((each) => each.name === link);
      return found ? of("td", {}, tick(upness(found.state)), " ", linkText(found)) : of("td", {}, "–");
    })];
  }
}

function peerOf(status, node) {
  return status.peers.find((peer) => peer.name === node);
}

function upness(state) {
  return state === "up" ? true : state === "down" ? false : null;
}

function linkText(link) {
  const state = word("value", link.state);
  const loss = link.loss_ratio === null ? null : percent(link.loss_ratio);
  const rtt = link.rtt_seconds === null ? null : (link.rtt_seconds * 1000).toFixed(1);
  if (link.state === "up" && rtt !== null) return say(link.loss_ratio ? "pair.heard" : "pair.well", { state, rtt, loss });
  return link.loss_ratio ? say("pair.lost", { state, loss }) : state;
}

function agentCell(status, node) {
  if (node === status.node) return of("td", {}, tick(true), " ", say("value.here"));
  const peer = peerOf(status, node);
  return stateCell(peer ? peer.agent : "unknown", { up: true, silent: false }[peer && peer.agent]);
}

function stateCell(state, good) {
  return of("td", {}, tick(good === undefined ? null : good), " ", word("value", state));
}

function truthCell(value, bad) {
  return of("td", { class: bad ? "bad" : null }, tick(value), " ", truth(value),
    bad && of("span", { class: "spoken" }, ` (${say("pair.fault")})`));
}
