// The phone: it shows the state of the emulator as it changes, and sends what the person does to the control API.

import { ConferencePanel } from "./conference.js";
import * as editor from "./editor.js";
import { byId, element, setText } from "./elements.js";
import * as faults from "./faults.js";
import { LegPanel } from "./leg.js";
import { replay } from "./replay.js";
import { callPath, get, post } from "./requests.js";
import * as speech from "./speech.js";

const panels = new Map();
const conferences = new Map();
let settings = { dial: {} };
let selected = null; // the call that the person chose; null for the latest one
let shown = null; // the call whose panels are shown
let isLive = false; // false for entries that were written before the page showed the call
let clock = { seconds: 0, speed: 0, at: performance.now() };
let waiting = new AbortController();
let isReplaying = false;

/** Report the result of a request; if the message is null, report only errors. */
async function act(promise, message = "") {
  try {
    const result = await promise;
    if (message !== null) setText(byId("message"), message);
    return result;
  } catch (error) {
    setText(byId("message"), error.message);
    return null;
  }
}

function select(callId) {
  selected = callId;
  waiting.abort(); // the page then asks for the state of this call at once
}

// The state

function show(state) {
  clock = { seconds: state.seconds, speed: state.speed ?? 0, at: performance.now() };
  byId("time").hidden = state.speed !== null;
  showCalls(state);
  if (state.call !== shown) {
    shown = state.call;
    isLive &&= selected === null;
    panels.clear();
    conferences.clear();
    byId("legs").replaceChildren();
  }
  for (const leg of state.legs) showLeg(leg);
  for (const conference of state.conferences) showConference(conference);
  isLive = true;
  const [root] = state.legs;
  byId("replay").disabled = !root || isReplaying;
  byId("pytest").disabled = !root;
  editor.enable(root?.state === "answered");
  faults.suggest(state.legs.filter((leg) => leg.direction === "outbound").map((leg) => leg.to));
  tick();
}

function showCalls({ calls, call }) {
  const list = byId("calls");
  byId("no-calls").hidden = calls.length > 0;
  const known = new Map([...list.children].map((item) => [item.dataset.call, item]));
  for (const each of calls) {
    const item = known.get(each.callId) ?? newCallItem(each.callId, list);
    known.delete(each.callId);
    const button = item.firstElementChild;
    setText(button, `${each.from} → ${each.to} · ${each.disconnectCause ?? each.state}`);
    if (each.callId === call) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  for (const item of known.values()) item.remove();
}

function newCallItem(callId, list) {
  const item = element("li", { "data-call": callId }, element("button", { type: "button" }));
  item.firstElementChild.addEventListener("click", () => select(callId));
  list.prepend(item);
  return item;
}

function showLeg(leg) {
  let panel = panels.get(leg.callId);
  if (!panel) {
    panel = new LegPanel(leg, act);
    panels.set(leg.callId, panel);
    byId("legs").append(panel.root);
  }
  const entries = panel.show(leg);
  if (!isLive) return;
  announce(entries);
  if (byId("aloud").ariaPressed === "true") speech.hear(entries);
}

function showConference(conference) {
  let panel = conferences.get(conference.conferenceId);
  if (!panel) {
    panel = new ConferencePanel(conference);
    conferences.set(conference.conferenceId, panel);
    byId("legs").append(panel.root);
  }
  panel.show(conference);
}

/** Let a screen reader say the prompts and the new states. */
function announce(entries) {
  const said = entries.filter((entry) => ["spoken", "played", "state"].includes(entry.kind)).map((entry) => entry.text);
  if (said.length) setText(byId("announcement"), said.join(". "));
}

function tick() {
  const now = clock.seconds + ((performance.now() - clock.at) / 1000) * clock.speed;
  for (const panel of panels.values()) panel.tick(now);
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Ask for changes again and again. */
async function watch() {
  for (let after = -1, asked = selected; ; ) {
    if (asked !== selected) after = -1; // a choice between two requests has nothing to abort
    asked = selected;
    waiting = new AbortController();
    const have = Object.fromEntries([...panels, ...conferences].map(([id, panel]) => [id, panel.count]));
    try {
      const question = { after, seconds: 20, have, ...(selected && { call: selected }) };
      const state = await post("/emulator/watch", question, waiting.signal);
      after = state.change;
      setText(byId("connection"), "connected");
      show(state);
      await sleep(50); // a busy emulator changes thousands of times in a second
    } catch (error) {
      after = -1;
      if (error.name === "AbortError") continue;
      setText(byId("connection"), "The emulator does not respond; trying again.");
      await sleep(1000);
    }
  }
}

// The controls

function connectDial() {
  const form = byId("dial");
  for (const name of ["url", "from", "to"]) form.elements[name].value = settings.dial[name] ?? "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
    selected = null;
    act(post("/emulator/calls", { ...settings.dial, ...given }));
  });
}

async function startReplay() {
  isReplaying = true;
  byId("replay").disabled = true;
  setText(byId("message"), "Replaying the call.");
  await act(replay(shown, select), "The replay has ended.");
  isReplaying = false;
  byId("replay").disabled = false;
}

async function copyAsPytest() {
  const source = await act(get(callPath(shown, "pytest")));
  if (source === null) return;
  const dialog = byId("source");
  dialog.querySelector("pre").textContent = source;
  dialog.showModal();
  await act(navigator.clipboard.writeText(source), "The test was copied.");
}

function connectControls() {
  byId("replay").addEventListener("click", startReplay);
  byId("pytest").addEventListener("click", copyAsPytest);
  byId("aloud").addEventListener("click", (event) => {
    const isOn = event.target.ariaPressed !== "true";
    event.target.ariaPressed = String(isOn);
    if (!isOn) speech.silence();
  });
  byId("advance").addEventListener("submit", (event) => {
    event.preventDefault();
    act(post("/emulator/advance", { seconds: event.target.elements.seconds.valueAsNumber }));
  });
}

settings = (await act(get("/phone/settings"))) ?? settings;
connectDial();
connectControls();
faults.connect(act);
editor.connect(() => shown, act);
setInterval(tick, 200);
watch();
