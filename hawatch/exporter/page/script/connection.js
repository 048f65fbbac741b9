// Whether what is shown is so now. The line is always there, so that nothing jumps when the connection goes.

function connection(picture) {
  if (!picture.status && picture.reached !== false) return "connecting";
  return trust() === "fresh" ? "whole" : "broken";
}

function connectionLine(picture) {
  const { status } = picture;
  const time = status ? clock(status.time) : "–";
  const kind = connection(picture);
  if (kind === "connecting") return of("p", { class: "connection", key: "connection" }, say("top.connecting"));
  if (kind === "broken") {
    return of("p", { class: "connection", key: "connection" }, say(`top.${trust()}`, { time }));
  }
  const text = picture.stream === "open" ? say("top.live") : say("top.polling", { seconds: PULSE / 1000 });
  return of("p", { class: "connection", key: "connection" }, text, say("join.clause"), clock(picture.checked),
    status.version !== picture.firstVersion && renewal());
}

/** The page is as old as the agent that served it. */
function renewal() {
  const button = { type: "button", class: "small", on: { click: () => location.reload() } };
  return [" ", say("top.renewed"), " ", of("button", button, say("top.reload"))];
}
