// What is read off the agent's status: how bad, which is worst, and in which words.

const BADNESS = { critical: 3, warning: 2, unknown: 1, info: 0, ok: 0 };
const VERDICT_ORDER = [
  "split_brain", "conflict", "no_owner", "split_brain_suspected", "isolated", "flapping", "failover", "switchover",
  "degraded", "indeterminate", "failback", "steady",
];

function badness(severity) {
  return has(BADNESS, severity) ? BADNESS[severity] : 1;
}

/** The worst of the verdict and its findings; information counts as well. */
function severityOf(router) {
  const all = [router.severity, ...router.findings.map((each) => each.severity)];
  const worst = all.reduce((a, b) => (badness(b) > badness(a) ? b : a));
  return badness(worst) === 0 ? "ok" : known(worst);
}

/** The verdict in words; a fault beside a good one is part of it. */
function verdictOf(router) {
  const verdict = word("verdict", router.verdict);
  return badness(router.severity) === 0 && troubled(router) ? say("hero.but", { verdict }) : verdict;
}

function troubled(router) {
  return severityOf(router) !== "ok";
}

/** Worst first: by severity, then by verdict, then as the agent has them. */
function worstFirst(routers) {
  const rank = (router) => {
    const place = VERDICT_ORDER.indexOf(router.verdict);
    return -100 * badness(severityOf(router)) - 10 * badness(router.severity) + (place < 0 ? 0 : place / 100);
  };
  return routers.map((router, index) => [rank(router), index, router]).sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .map((each) => each[2]);
}

function idOf(router) {
  return `${router.instance}/${router.vrid}/${router.family}`;
}

function worstFindings(router) {
  return [...router.findings].sort((a, b) => badness(b.severity) - badness(a.severity));
}

/** Everybody of the pair, this agent's node first. */
function nodesOf(status, router) {
  const names = [status.node, ...status.peers.map((peer) => peer.name)];
  for (const vip of router ? router.vips : []) names.push(...Object.keys(vip.held_by));
  return [...new Set(names)].sort((a, b) => (a === status.node ? -1 : b === status.node ? 1 : 0));
}

/** The verdict's sentence: the agent's own, or by its rule where the language has a sentence for that. */
function sentence(status, router) {
  const rules = LANGUAGES[language].rule;
  if (!rules || !has(rules, router.rule)) return { text: clean(router.summary), foreign: language !== "en" };
  const others = nodesOf(status, router).filter((each) => each !== status.node);
  const values = {
    owners: joined(router.owners) || say("hero.nobody"),
    vips: router.vips.map((vip) => clean(vip.address)).join(say("join.list")) || clean(router.instance),
    node: status.node,
    peer: joined(others),
    former: router.last_move ? router.last_move.from : "?",
    interface: router.interface,
  };
  return { text: say(`rule.${router.rule}`, values), foreign: false };
}

/** A sentence as an element that says which language it is in. */
function sentenceOf(status, router, tag, given) {
  const { text, foreign } = sentence(status, router);
  return of(tag, { ...given, lang: foreign ? "en" : null }, text);
}

/** The agent's own English words. */
function inEnglish(tag, given, text) {
  return of(tag, { ...given, lang: language === "en" ? null : "en" }, clean(text));
}

/** Whether an incident is the one of that name. */
function isNamed(incident, id) {
  return incident.id === id || (incident.also || []).includes(id);
}

function truth(value) {
  return word("value", value === true ? "yes" : value === false ? "no" : "unknown");
}

function percent(ratio) {
  return `${Math.round(ratio * 100)}%`;
}
