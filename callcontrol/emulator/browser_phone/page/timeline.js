// The timeline of a leg: an item for each entry. An item with a request or a response can be opened.

import { element } from "./elements.js";

/** Number of items that stay on the page. */
const LONGEST = 1000;

const ARROWS = { event: "→", answer: "←" };

const ID = /\b([a-z]+-[0-9a-f]{8})-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;

/** Shorten the ids in a text; the emulator numbers its ids, so their beginnings are unique. */
const short = (text) => text.replaceAll(ID, "$1");

function details(entry) {
  const shown = Object.entries(entry.details).map(([name, value]) => `${name}: ${value}`);
  return shown.length ? short(` · ${shown.join(" · ")}`) : "";
}

function item(entry) {
  const kind = element("span", { class: "kind" }, [ARROWS[entry.kind], entry.kind].filter(Boolean).join(" "));
  const line = [element("span", { class: "at" }, entry.at.toFixed(2)), " ", kind, " "];
  line.push(element("span", { class: "text" }, short(entry.text || "nothing")), element("span", { class: "details" }, details(entry)));
  if (!entry.content) return element("li", { class: entry.kind }, ...line);
  const content = element("pre", { tabindex: "0" }, entry.content);
  return element("li", { class: entry.kind }, element("details", {}, element("summary", {}, ...line), content));
}

/** Append entries to a list, and keep its end in view if it was in view. */
export function append(list, entries) {
  const atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 8;
  list.append(...entries.map(item));
  while (list.childElementCount > LONGEST) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}
