// A shape for each severity, so that nobody needs the colour.

const SHAPES = {
  ok: ["M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22z", "M6.5 12.5l4 4l7.5-8.5"],
  info: ["M3 3h18v18h-18z", "M12 10.5v7M12 6.4v.6"],
  warning: ["M12 1.5L23.2 22H.8z", "M12 8.5v6.5M12 18v.6"],
  critical: ["M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z", "M7.7 7.7l8.6 8.6M16.3 7.7l-8.6 8.6"],
  unknown: ["M12 .8L23.2 12L12 23.2L.8 12z", "M9 9.6a3 3 0 1 1 4.4 2.6q-1.4.8-1.4 2M12 17v.6"],
};
const FILLS = { ok: "#14713a", info: "#1c5aa8", warning: "#ffb000", critical: "#c0101a", unknown: "#59626f" };

function known(severity) {
  return has(SHAPES, severity) ? severity : "unknown";
}

/** The sign; what it means is said beside it. */
function glyph(severity) {
  const [body, mark] = SHAPES[known(severity)];
  return of(
    "svg", { class: `glyph is-${known(severity)}`, viewBox: "0 0 24 24", "aria-hidden": "true" },
    of("path", { class: "body", d: body }), of("path", { class: "mark", d: mark }),
  );
}

/** Yes, no or unknown: a full ring, an empty one, a question mark. */
function tick(value) {
  const kind = value === true ? "yes" : value === false ? "no" : "unknown";
  const inside = {
    yes: of("circle", { class: "full", cx: 12, cy: 12, r: 9 }),
    no: of("circle", { class: "empty", cx: 12, cy: 12, r: 8 }),
    unknown: of("path", { class: "ask", d: "M8 8.5a4 4 0 1 1 5.8 3.5q-1.8 1-1.8 3M12 19v.6" }),
  };
  return of("svg", { class: `tick ${kind}`, viewBox: "0 0 24 24", "aria-hidden": "true" }, inside[kind]);
}

/** The tab's icon as an address; made of nothing but the tables above. */
function icon(severity) {
  const [body, mark] = SHAPES[known(severity)];
  const ink = severity === "warning" ? "#1a1200" : "#fff";
  const text = `<svg xmlns="${SVG}" viewBox="0 0 24 24"><path fill="${FILLS[known(severity)]}" d="${body}"/>`
    + `<path fill="none" stroke="${ink}" stroke-width="3" stroke-linecap="round" d="${mark}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(text)}`;
}
