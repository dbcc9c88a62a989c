// The panel of one leg: keypad, speech, the document with its running verb, and the timeline.

import { byId, element, setText } from "./elements.js";
import { callPath, post } from "./requests.js";
import * as speech from "./speech.js";
import * as timeline from "./timeline.js";

const KEYS = "123456789*0#";
const NAMES = { "*": "star", "#": "pound" };
const PROMPTS = new Set(["spoken", "played", "heard"]);

/** Create the panel of a leg; act(promise) reports the errors of requests. */
export class LegPanel {
  constructor(leg, act) {
    this.callId = leg.callId;
    this.count = 0;
    this.act = act;
    this.root = byId("leg").content.firstElementChild.cloneNode(true);
    const title = `title-${leg.callId}`;
    this.find("h2").id = title;
    this.root.setAttribute("aria-labelledby", title);
    this.find(".document").setAttribute("aria-label", "Document that runs");
    this.find(".timeline").setAttribute("aria-label", "Timeline");
    this.connectKeypad();
    this.connectSpeech();
    this.find(".hang-up").addEventListener("click", () => this.send("hang-up"));
    this.find(".answer").addEventListener("click", () => this.send("answer"));
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  send(what, body) {
    return this.act(post(callPath(this.callId, what), body));
  }

  connectKeypad() {
    const keypad = this.find(".keypad");
    keypad.setAttribute("aria-label", "Keypad; digits can also be typed");
    for (const key of KEYS) {
      const button = element("button", { type: "button", "aria-label": NAMES[key] ?? key }, key);
      button.addEventListener("click", () => this.send("press", { digits: key }));
      keypad.append(button);
    }
    // Only while a button has the focus, so that keys of a screen reader or a text field are not taken.
    this.root.addEventListener("keydown", (event) => {
      const isOther = event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, pre");
      if (isOther || event.key.length !== 1 || !KEYS.includes(event.key)) return;
      event.preventDefault();
      this.send("press", { digits: event.key });
    });
  }

  connectSpeech() {
    const form = this.find(".say");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send("say", { text: form.elements.text.value });
      form.reset();
    });
    const microphone = this.find(".microphone");
    microphone.hidden = !speech.canHear;
    microphone.addEventListener("click", async () => {
      microphone.disabled = true;
      await this.act(speech.listen().then((text) => post(callPath(this.callId, "say"), { text })));
      microphone.disabled = false;
    });
  }

  /** Show the state of the leg; return its new entries. */
  show(leg) {
    this.leg = leg;
    const isOver = leg.state === "disconnected";
    const end = isOver ? `${leg.state}: ${leg.disconnectCause}` : leg.state;
    setText(this.find("h2"), `${leg.from} → ${leg.to} · ${end}`);
    this.root.classList.toggle("over", isOver);
    for (const control of this.root.querySelectorAll(".acts button, .acts input")) control.disabled = isOver;
    this.find(".answer").hidden = !leg.rings;
    this.showDocument(leg.document);
    const entries = leg.entries.slice(Math.max(0, this.count - leg.first));
    this.count = leg.first + leg.entries.length;
    timeline.append(this.find(".timeline"), entries);
    const prompt = entries.findLast((entry) => PROMPTS.has(entry.kind));
    if (prompt) setText(this.find(".prompt"), prompt.kind === "spoken" ? `“${prompt.text}”` : prompt.text);
    return entries;
  }

  showDocument(shown) {
    const { text = "", verb = null } = shown ?? {};
    const place = this.find(".document");
    place.hidden = this.find(".document-title").hidden = text === "";
    if (place.textContent === text && this.verb === String(verb)) return;
    this.verb = String(verb);
    const [start, end] = verb ?? [text.length, text.length];
    const mark = element("mark", { "aria-label": "running verb", "aria-current": "step" }, text.slice(start, end));
    place.replaceChildren(text.slice(0, start), ...(verb ? [mark] : []), text.slice(end));
  }

  /** Show what the call waits for, at a moment of the emulator's time. */
  tick(now) {
    const [text, left, whole] = this.waiting(now);
    setText(this.find(".wait span"), text);
    const progress = this.find("progress");
    progress.hidden = left === null;
    if (left === null) return;
    progress.max = whole;
    progress.value = left;
    progress.setAttribute("aria-label", "Time left");
  }

  waiting(now) {
    const { wait, state, errorMessage, listening, rings } = this.leg;
    if (state === "disconnected") return [errorMessage ?? "The call has ended.", null, null];
    if (!wait) return ["Waiting for the application.", null, null];
    const verb = rings ? "Ringing" : (wait.verb ?? "Connected");
    const what = `${verb}${listening ? ` · ${inputs(listening)}` : ""}`;
    if (wait.until === null) return [what, null, null];
    const left = Math.max(0, wait.until - now);
    const ends = wait.isPrompt ? "the prompt ends in" : "time left:";
    return [`${what} · ${ends} ${left.toFixed(1)} s`, left, Math.max(wait.seconds, left, 0.001)];
  }
}

/** Say which input has an effect now. */
function inputs({ keys, remainingDigits, speech: hearsSpeech }) {
  const number = remainingDigits === null ? "keys" : `at most ${remainingDigits} ${remainingDigits === 1 ? "key" : "keys"}`;
  return `listens to ${[keys && number, hearsSpeech && "speech"].filter(Boolean).join(" and ")}`;
}
