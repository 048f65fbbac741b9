// A finding: what is wrong, where, and what to do about it.

let copied = null;

function causeOn(finding) {
  return say("finding.cause_on", { cause: word("cause", finding.cause), node: finding.node });
}

/** The remedy with a button that copies it. */
function remedy(finding, place) {
  if (!finding.remedy) return null;
  const text = clean(finding.remedy);
  const mine = copied && copied.text === text && copied.place === place;
  const label = say("finding.copy_of", { cause: word("cause", finding.cause), node: finding.node });
  return of(
    "div", { class: "remedy", key: `remedy ${finding.cause} ${finding.node}` },
    of("pre", { tabindex: 0, "aria-label": say("hero.what") }, of("code", {}, text)),
    of("button", { type: "button", class: "copy", "aria-label": label, on: { click: () => copy(text, place) } },
      mine && copied.done ? say("finding.copied") : say("finding.copy")),
    mine && !copied.done && of("p", { class: "hint" }, say("finding.not_copied")),
  );
}

/** A page that came over plain HTTP has no clipboard of its own; selecting and copying works there. */
async function copy(text, place) {
  let done = false;
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      done = true;
    } else {
      done = copyBySelecting(text);
    }
  } catch {
    done = copyBySelecting(text);
  }
  copied = { text, place, done };
  speakOut("polite", say(done ? "finding.copied" : "finding.not_copied"));
  render();
  setTimeout(() => {
    if (copied && copied.text === text && copied.done) {
      copied = null;
      render();
    }
  }, 4000);
}

function copyBySelecting(text) {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "spoken";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (focused) focused.focus({ preventScroll: true });
  return done;
}

function findings(router) {
  const found = worstFindings(router);
  return of(
    "section", { class: "findings", key: "findings" },
    of("h3", {}, say("finding.title")),
    found.length === 0 && of("p", { class: "quiet" }, say("finding.none")),
    found.length > 0 && of("ul", { class: "plain" }, found.map((each) => findingItem(each, idOf(router)))),
  );
}

function findingItem(finding, place) {
  const facts = Object.entries(finding.evidence || {});
  return of(
    "li", { class: `finding is-${known(finding.severity)}`, key: `${finding.cause} ${finding.node}` },
    of("p", { class: "what" }, glyph(finding.severity), " ",
      of("strong", {}, causeOn(finding)), " ", of("span", { class: "tag" }, word("severity", finding.severity))),
    inEnglish("p", {}, finding.summary),
    remedy(finding, `finding ${place}`),
    finding.tell_apart && of("p", {}, of("strong", {}, say("finding.or_else")), ": ",
      inEnglish("span", {}, finding.tell_apart)),
    facts.length > 0 && of("details", { key: "facts" }, of("summary", {}, say("finding.rests"),
      of("span", { class: "spoken" }, ` ${clean(finding.cause)} ${clean(finding.node)}`)),
    of("dl", { class: "facts" }, facts.map(([key, value]) => [
      of("dt", {}, clean(key)), of("dd", {}, clean(value)),
    ]))),
  );
}
