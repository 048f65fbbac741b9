// Answers to an incident, in the name of whoever the token belongs to.

const SNOOZE_SECONDS = 1800;
const TOKEN = "hawatch.token";
const DONE = { ack: "answer.done_ack", release: "answer.done_release", snooze: "answer.done_snooze" };

/** What is being answered: {id, verb, state: "asking" | "sending" | "done" | "failed", text}. */
let answer = null;

function answerTo(id, verb) {
  if (answer && answer.state === "sending") return;
  const token = fromStorage("sessionStorage", TOKEN);
  answer = { id, verb, state: "asking", text: "" };
  if (token) send(token);
  else render();
  if (!token) openAsking();
}

/** Ask the agent; whatever comes of it is said in words. */
async function send(token) {
  const { id, verb } = answer;
  answer = { id, verb, state: "sending", text: say("answer.sending") };
  render();
  const outcome = await sent(id, verb, token);
  if (outcome.done) {
    intoStorage("sessionStorage", TOKEN, token);
    closeAsking();
  } else if (outcome.again) {
    intoStorage("sessionStorage", TOKEN, null);
  }
  answer = { id, verb, state: outcome.done ? "done" : outcome.again ? "asking" : "failed", text: outcome.text };
  speakOut(outcome.done ? "polite" : "assertive", outcome.text);
  if (!outcome.done && !outcome.again) closeAsking();
  render();
  if (outcome.again) openAsking();
  refresh();
}

async function sent(id, verb, token) {
  let response;
  try {
    response = await fetch(`/api/v1/incidents/${encodeURIComponent(id)}/${verb}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify(verb === "snooze" ? { seconds: SNOOZE_SECONDS } : {}),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT),
    });
  } catch (error) {
    // A token with letters that no header can carry was never sent.
    if (error instanceof TypeError && /[^\x21-\x7e]/.test(token)) return { again: true, text: say("answer.wrong") };
    return { text: say("answer.unreached") };
  }
  const why = (await response.text().catch(() => "")).trim().slice(0, 200);
  if (response.ok) return { done: true, text: say(DONE[verb]) };
  return refusedBecause(response.status, why);
}

function refusedBecause(code, why) {
  if (code === 401) return { again: true, text: say("answer.wrong") };
  if (code === 403) return { text: say(/token_file/.test(why) ? "answer.off" : "answer.refused") };
  if (code === 429) return { text: say("answer.too_often") };
  return { text: say(code === 404 || code === 409 ? "answer.impossible" : "answer.failed", { why: why || code }) };
}

// --- who are you? -------------------------------------------------------------------------------------

function openAsking() {
  const dialog = document.getElementById("asking");
  if (!dialog.open) dialog.showModal();
  document.getElementById("token").focus();
}

function closeAsking() {
  const dialog = document.getElementById("asking");
  document.getElementById("token").value = "";
  if (dialog.open) dialog.close();
}

function askingDialog() {
  const busy = answer && answer.state === "sending";
  return of(
    "dialog", { id: "asking", key: "asking", "aria-labelledby": "asking-title" },
    of("form", { on: { submit: submitted } },
      of("h2", { id: "asking-title" }, say("answer.title")),
      of("label", { for: "token" }, say("answer.token")),
      of("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false",
        "aria-describedby": "token-hint asking-problem" }),
      of("p", { id: "token-hint", class: "quiet" }, say("answer.hint")),
      of("p", { id: "asking-problem", class: "problem" }, answer && answer.state !== "done" ? answer.text : ""),
      of("p", { class: "buttons" },
        of("button", { type: "submit", class: "primary", disabled: busy }, say("answer.send")),
        of("button", { type: "button", on: { click: cancelled } }, say("answer.cancel")))),
  );
}

function submitted(event) {
  event.preventDefault();
  const token = document.getElementById("token").value.trim();
  if (token && answer) {
    send(token);
  } else if (answer) {
    answer = { ...answer, text: say("answer.empty") };
    speakOut("assertive", answer.text);
    render();
  }
}

function cancelled() {
  answer = null;
  closeAsking();
  render();
}
