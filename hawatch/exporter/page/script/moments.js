// Moments as the agent's clock has them, shown in the reader's local time.

/** Milliseconds by which the agent's clock is ahead of the reader's: a phone's clock may be wrong. */
let ahead = 0;

const CLOCK_RESOLUTION = 1500;

/** Learn the agent's clock from an answer's Date, which counts whole seconds. */
function learnClock(response) {
  const told = Date.parse(response.headers.get("date") || "");
  if (Number.isNaN(told)) return;
  const found = told + 500 - Date.now();
  if (Math.abs(found - ahead) > CLOCK_RESOLUTION) ahead = found;
}

function agentNow() {
  return Date.now() + ahead;
}

/** 03:12:05, with the day where it is not today's; `moment` is ISO text or epoch milliseconds. */
function clock(moment) {
  const date = new Date(moment);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
  const today = new Date(agentNow());
  if (date.toDateString() === today.toDateString()) return time;
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())} ${time}`;
}

function hourAndMinute(moment) {
  return clock(moment).slice(-8, -3);
}

function twoDigits(number) {
  return String(number).padStart(2, "0");
}

/** How long it lasts, in the words of people; milliseconds. */
function duration(milliseconds) {
  const seconds = Math.max(Math.floor(milliseconds / 1000), 0);
  if (seconds < 120) return say("unit.seconds", { n: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return say("unit.minutes", { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return say("unit.hours", { n: hours, m: minutes % 60 });
  return say("unit.days", { n: Math.floor(hours / 24), h: hours % 24 });
}

/** A time element; with `since` it also says how long ago that was, and goes on counting. */
function timeOf(moment) {
  return of("time", { datetime: moment }, clock(moment));
}

function since(moment) {
  return of("span", {}, timeOf(moment), " ", of("span", { class: "ago", "data-since": moment }, `(${ago(moment)})`));
}

/** By a picture that cannot be believed nothing goes on. */
function ago(moment) {
  const now = trust() === "fresh" ? agentNow() : Date.parse(live.status.time);
  return say("hero.ago", { duration: duration(now - Date.parse(moment)) });
}

/** Let what counts go on counting, without drawing anything else anew. */
function countOn() {
  for (const each of document.querySelectorAll("[data-since]")) {
    const text = `(${ago(each.dataset.since)})`;
    if (each.textContent !== text) each.textContent = text;
  }
}
