// What tells without a look at the page: the tab's title and icon, and what a screen reader speaks out.

const spokenVerdicts = new Map();
let spokenOnce = false;

function tellTab(picture) {
  const { status } = picture;
  document.documentElement.lang = LANGUAGE_TAGS[language];
  const worst = status && worstFirst(status.virtual_routers)[0];
  const severity = worst ? shownSeverity(severityOf(worst)) : "unknown";
  const title = titleOf(status, worst);
  if (document.title !== title) document.title = title;
  const link = document.getElementById("icon");
  const address = icon(severity);
  if (link.getAttribute("href") !== address) link.setAttribute("href", address);
}

function titleOf(status, worst) {
  if (!status) return "hawatch";
  const pair = status.pair;
  if (trust() !== "fresh") return `? ${say("title.lost", { pair })}`;
  if (!worst) return `? ${clean(pair)}`;
  const sign = { ok: "✔", warning: "▲", critical: "✖" }[severityOf(worst)] || "?";
  if (!troubled(worst) && worst.verdict === "steady") return `${sign} ${say("title.ok", { pair })}`;
  return `${sign} ${say("title.trouble", { verdict: verdictOf(worst), pair })}`;
}

/** Speak of every verdict that is another one; what is critical is spoken at once. */
function speakOfChanges(status) {
  const changed = status.virtual_routers.filter((router) => spokenVerdicts.get(idOf(router)) !== router.verdict);
  for (const router of changed) spokenVerdicts.set(idOf(router), router.verdict);
  if (changed.length > 0 && spokenOnce) {
    const worst = worstFirst(changed)[0];
    const text = say("spoken.verdict", {
      instance: worst.instance, verdict: word("verdict", worst.verdict), summary: sentence(status, worst).text,
    });
    speakOut(worst.severity === "critical" ? "assertive" : "polite", text);
  }
  spokenOnce = true;
}

function speakOut(how, text) {
  document.getElementById(how).textContent = text;
}
