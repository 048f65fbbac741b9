// Descriptions of elements, and how the document is brought to what they say while what stays is left in its place:
// whoever has the focus keeps it. Text is only ever put in as text.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "rect", "line", "text", "path", "circle", "defs", "pattern", "g"]);
const drawn = new WeakMap();

/** Describe an element; of `given`, `key` says which it is among its siblings, `on` has its handlers by event. */
function of(tag, given = {}, ...children) {
  const { key, on, ...attributes } = given;
  return { tag, key, on: on || {}, attributes, children: children.flat(Infinity).filter((each) => each || each === 0) };
}

/** Describe a name that came from elsewhere, in which the direction of writing is its own affair. */
function name(text) {
  return of("bdi", {}, clean(text));
}

/** Make the children of `parent` what is described. */
function draw(parent, children) {
  const described = children.map((each, index) => {
    const child = typeof each === "object" ? each : { tag: "#text", text: String(each) };
    return [`${child.tag} ${child.key === undefined ? index : `=${child.key}`}`, child];
  });
  const wanted = new Set(described.map(([id]) => id));
  const there = new Map();
  for (const node of [...parent.childNodes]) {
    const id = drawn.get(node)?.id;
    if (wanted.has(id)) there.set(id, node);
    else node.remove();
  }
  let place = parent.firstChild;
  for (const [id, child] of described) {
    const node = there.get(id) || made(child.tag);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    bring(node, id, child);
  }
}

function made(tag) {
  if (tag === "#text") return document.createTextNode("");
  return SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
}

function bring(node, id, child) {
  const before = drawn.get(node)?.child;
  if (before === child) return;
  drawn.set(node, { id, child });
  if (child.tag === "#text") {
    if (node.data !== child.text) node.data = child.text;
    return;
  }
  attribute(node, before ? before.attributes : {}, child.attributes);
  for (const event of new Set([...Object.keys(before ? before.on : {}), ...Object.keys(child.on)])) {
    node[`on${event}`] = child.on[event] || null;
  }
  draw(node, child.children);
}

function attribute(node, before, wanted) {
  for (const key of Object.keys(before)) {
    if (!(key in wanted)) node.removeAttribute(key);
  }
  for (const [key, value] of Object.entries(wanted)) {
    if (value === false || value === null || value === undefined) node.removeAttribute(key);
    else if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value === true ? "" : value);
  }
}

/** Draw the whole page; the focus stays, and if what had it is gone, it goes to `otherwise`. */
function drawAll(parent, children, otherwise) {
  const focused = document.activeElement;
  const had = focused && focused !== document.body && parent.contains(focused);
  draw(parent, children);
  if (!had || document.activeElement === focused) return;
  const next = focused.isConnected ? focused : document.getElementById(otherwise);
  if (next) next.focus({ preventScroll: true });
}

/** Descriptions that are made anew only when their signature is another: `kept.get(key, signature, make)`. */
function keeper() {
  let old = new Map();
  let fresh = new Map();
  return {
    get(key, signature, make) {
      const known = old.get(key);
      const entry = known && known.signature === signature ? known : { signature, description: make() };
      fresh.set(key, entry);
      return entry.description;
    },
    turn() {
      old = fresh;
      fresh = new Map();
    },
  };
}
