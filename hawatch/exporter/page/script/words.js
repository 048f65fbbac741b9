// What the page says, in the reader's language. Values from the agent go in as they are, and never into markup.

const LANGUAGES = JSON.parse(document.getElementById("words").textContent);
const LANGUAGE_TAGS = { en: "en", zh: "zh-Hans" };
const LANGUAGE_NAMES = { en: "English", zh: "中文" };
const LANGUAGE_SIGNS = { en: "EN", zh: "中文" };

let language = chosenLanguage();

function chosenLanguage() {
  const kept = fromStorage("localStorage", "hawatch.language");
  if (has(LANGUAGES, kept)) return kept;
  const first = (navigator.languages || [navigator.language]).map((tag) => tag.slice(0, 2));
  return first.find((code) => has(LANGUAGES, code)) || "en";
}

function speak(code) {
  language = code;
  intoStorage("localStorage", "hawatch.language", code);
}

/** Whether the table itself has the key: a name from elsewhere may be `constructor`. */
function has(table, key) {
  return Object.prototype.hasOwnProperty.call(table, key);
}

/** The phrase `section.key`, its fields filled in. */
function say(key, values = {}) {
  return phrase(key).replace(/\{(\w+)\}/g, (whole, field) => (has(values, field) ? clean(values[field]) : whole));
}

/** The phrase for a word of the agent's; the word itself if a newer agent has one more. */
function word(section, name) {
  const known = LANGUAGES[language][section];
  return has(known, name) ? known[name] : clean(name);
}

function phrase(key) {
  const [section, name] = key.split(".");
  return LANGUAGES[language][section][name];
}

/** A name from elsewhere without what could reorder or hide the text around it. */
function clean(text) {
  return String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, "\ufffd");
}

function joined(names) {
  return names.map(clean).join(say("join.names"));
}

/** Storage can be forbidden, and then the page lives without. */
function fromStorage(kind, name) {
  try {
    return window[kind].getItem(name);
  } catch {
    return null;
  }
}

function intoStorage(kind, name, value) {
  try {
    if (value === null) window[kind].removeItem(name);
    else window[kind].setItem(name, value);
  } catch {
    // It is asked for again.
  }
}
