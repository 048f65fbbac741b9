// The page: everything drawn from the last answers.

let drawing = false;

function render() {
  const start = performance.now();
  const picture = live;
  const body = picture.status ? mainPart(picture) : [];
  drawAll(document.getElementById("page"), [
    top(picture),
    of("main", { key: "main" }, ...body),
    bottom(picture),
    askingDialog(),
  ], "verdict");
  placeSliders();
  tellTab(picture);
  performance.clearMeasures("hawatch.render");
  performance.measure("hawatch.render", { start });
}

function mainPart(picture) {
  const ranked = worstFirst(picture.status.virtual_routers);
  const first = ranked[0];
  const alone = first && (ranked.length === 1 || troubled(first));
  return [
    hero(picture),
    alone && of("section", { class: "card", key: "first", "aria-labelledby": "first" },
      of("h2", { id: "first" }, say("routers.detail", { instance: first.instance })), ...details(picture, first)),
    incidentsSection(picture.incidents),
    routersSection(picture),
    surroundings(picture),
  ].filter(Boolean);
}

/** Draw with the next frame, once for all that happens until then. */
function renderSoon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    render();
  });
}

render();
keepAsking();
setInterval(countOn, 1000);
