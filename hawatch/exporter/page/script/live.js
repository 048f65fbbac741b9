// The agent's answers, kept fresh: its event stream says when to ask, and where that breaks the page asks by itself.

const ANSWER_TIMEOUT = 8000;
const CLOSEST = 250;
const HISTORY_CLOSEST = 2000;
const MANY_LANES = 120;
const FEW_ROUTERS = 20;
const PULSE = 5000;
const WHOLE = 30000;
const STALE_AFTER = 15000;
const LONGEST_RETRY = 30000;

const live = {
  status: null, incidents: [], history: null, others: [], firstVersion: null,
  stream: "connecting", reached: null, checked: null, stale: false, strange: false,
};

/** Whether the picture can be believed: "fresh", "stale" (the agent judges no more), "lost" or "strange". */
function trust() {
  if (live.reached === false) return "lost";
  if (live.strange) return "strange";
  return live.stale ? "stale" : "fresh";
}

async function ask(path) {
  const response = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_TIMEOUT) });
  learnClock(response);
  return response;
}

async function askJson(path) {
  const response = await ask(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** One question at a time, none sooner than `closest()` after the last; what is asked meanwhile is asked once more. */
function eager(closest, question) {
  let running = false;
  let again = false;
  let last = -Infinity;
  let timer = null;
  async function run() {
    timer = null;
    running = true;
    again = false;
    last = performance.now();
    try {
      await question();
    } finally {
      running = false;
      if (again) begin();
    }
  }
  function begin() {
    if (running) again = true;
    else if (timer === null) timer = setTimeout(run, Math.max(last + closest() - performance.now(), 0));
  }
  return begin;
}

const refresh = eager(() => CLOSEST, async () => {
  let answers;
  try {
    answers = await Promise.all([askJson("/api/v1/status"), askJson("/api/v1/incidents")]);
  } catch {
    reached(false);
    return;
  }
  const [status, incidents] = answers;
  relistenIfDeaf(live.status, status);
  live.stale = agentNow() - Date.parse(status.time) > STALE_AFTER;
  take(() => Object.assign(live, { status, incidents, firstVersion: live.firstVersion || status.version }));
  reached(true);
});

const refreshHistory = eager(() => (isLong(live.history) ? HISTORY_CLOSEST : CLOSEST), async () => {
  try {
    const history = await askJson("/api/v1/history");
    take(() => Object.assign(live, { history }));
  } catch {
    // An agent without one is no reason to show less of the rest.
  }
});

/** With many virtual routers the last hour is a lot to send, and then it is asked for less often. */
function isLong(history) {
  return history !== null && history.lanes.length > MANY_LANES;
}

async function refreshOthers() {
  try {
    live.others = otherPages(await askJson("/api/v1/targets"));
    render();
  } catch {
    // Then there are no links.
  }
}

/** Show what came; an answer that is not understood leaves the last one standing, and is said. */
function take(change) {
  const before = { ...live };
  try {
    change();
    live.strange = false;
    render();
    if (live.status !== before.status) speakOfChanges(live.status);
  } catch (error) {
    Object.assign(live, before, { strange: true });
    render();
    console.warn("hawatch: an answer is not understood", error);
  }
}

function reached(yes) {
  const before = live.reached;
  live.reached = yes;
  if (yes) live.checked = agentNow();
  if (before !== yes || yes) render();
  if (before === yes) return;
  if (before === null) return;
  speakOut(yes ? "polite" : "assertive", say(yes ? "spoken.back" : "spoken.lost"));
  if (yes) {
    relisten();
    refreshHistory();
    refreshOthers();
  }
}

// --- the stream ---------------------------------------------------------------------------------------

const DEAF_AFTER = 3000;
let stream = null;
let tries = 0;
let heard = 0;

function listen() {
  stream = new EventSource("/api/v1/events");
  const changed = () => {
    heard = performance.now();
    refresh();
    refreshHistory();
  };
  stream.addEventListener("open", () => {
    tries = 0;
    live.stream = "open";
    changed();
  });
  stream.addEventListener("verdict", changed);
  stream.addEventListener("picture", changed);
  stream.addEventListener("error", () => {
    stream.close();
    stream = null;
    live.stream = "broken";
    refresh();
    render();
    const wait = Math.min(500 * 2 ** tries, LONGEST_RETRY) * (0.75 + Math.random() / 2);
    tries += 1;
    setTimeout(listen, wait);
  });
}

/** What the stream ought to have told came another way: the line behind it is dead, and nobody says so. */
function relistenIfDeaf(before, after) {
  const told = (status) => JSON.stringify(status.virtual_routers.map((each) => [idOf(each), each.verdict, each.rule]));
  if (before && stream && performance.now() - heard > DEAF_AFTER && told(before) !== told(after)) relisten();
}

function relisten() {
  if (!stream) return;
  stream.close();
  listen();
}

/** A line that died silently breaks no stream; and an agent may serve and judge no more. */
async function pulse() {
  if (live.reached && !isLong(live.history)) refreshHistory();
  const few = live.status !== null && live.status.virtual_routers.length <= FEW_ROUTERS;
  if (live.stream !== "open" || few) {
    refresh();
    return;
  }
  try {
    const response = await ask("/healthz");
    const stale = response.status === 503;
    if (live.reached === false || stale !== live.stale) refresh();
    else if (!stale) reached(true);
  } catch {
    reached(false);
  }
}

function keepAsking() {
  listen();
  refresh();
  refreshHistory();
  refreshOthers();
  setInterval(pulse, PULSE);
  setInterval(() => {
    refresh();
    refreshHistory();
  }, WHOLE);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") {
      refresh();
      refreshHistory();
    }
  });
}
