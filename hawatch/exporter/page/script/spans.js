// The history's lanes: which belong to a virtual router, what they say at a moment, and where two hold at once.

/** The lanes of a virtual router in the order of reading, those of the peers' links and agents last. */
function lanesOf(history, router, nodes) {
  const order = ["verdict", "advertiser", "vip", "link", "agent"];
  const mine = (lane) => !("instance" in lane) || (lane.instance === router.instance
    && (lane.vrid === undefined || lane.vrid === router.vrid)
    && (lane.family === undefined || lane.family === router.family));
  return ((history && history.lanes) || []).filter((lane) => order.includes(lane.kind) && mine(lane))
    .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || nodes.indexOf(a.node) - nodes.indexOf(b.node));
}

function laneId(lane) {
  return [lane.kind, lane.instance, lane.vip, lane.node, lane.peer, lane.link].filter(Boolean).join(" ");
}

function laneName(lane) {
  if (lane.kind === "verdict") return say("lanes.verdict");
  return say(`lanes.${lane.kind}`, lane);
}

/** What a value is called. */
function valueName(lane, value) {
  if (value === null) return say("value.unknown");
  if (lane.kind === "verdict" && value !== "several") return word("verdict", value);
  return typeof value === "boolean" ? truth(value) : word("value", value);
}

/** How a value is drawn: a severity for verdicts, else on, off, bad, several or unknown. */
function valueLook(lane, value) {
  if (value === null) return "unknown";
  if (value === "several") return "several";
  if (lane.kind === "verdict") return has(VERDICT_LOOK, value) ? VERDICT_LOOK[value] : "unknown";
  if (value === true || value === "up") return "on";
  return value === "down" || value === "silent" ? "bad" : "off";
}

const VERDICT_LOOK = {
  steady: "ok", failback: "ok", degraded: "warning", switchover: "warning", failover: "warning", flapping: "warning",
  split_brain: "critical", split_brain_suspected: "critical", no_owner: "critical", conflict: "critical",
  isolated: "critical", indeterminate: "unknown",
};

/** The value of a lane at a moment, epoch seconds; null where it says nothing. */
function valueAt(lane, moment) {
  const found = lane.spans.find(([from, to]) => from <= moment && moment < to);
  if (found) return found[2];
  const last = lane.spans[lane.spans.length - 1];
  return last && moment >= last[1] && moment - last[1] < 1 ? last[2] : null;
}

/** The newest value of the lane that fits, null if there is none. */
function nowIn(history, fits) {
  const lane = ((history && history.lanes) || []).find(fits);
  const last = lane && lane.spans[lane.spans.length - 1];
  return last && last[2] !== "several" ? last[2] : null;
}

/** The spans in which another lane of the same VIP says yes too. */
function bothAtOnce(lane, lanes) {
  const found = [];
  if (lane.kind !== "vip") return found;
  const holding = (each) => each.spans.filter((span) => span[2] === true);
  for (const other of lanes) {
    if (other === lane || other.kind !== "vip" || other.vip !== lane.vip) continue;
    for (const [from, to] of holding(lane)) {
      for (const [otherFrom, otherTo] of holding(other)) {
        const [start, end] = [Math.max(from, otherFrom), Math.min(to, otherTo)];
        if (start < end) found.push([start, end]);
      }
    }
  }
  return found;
}
