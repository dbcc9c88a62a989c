// The editor: the validator checks the document while it is typed, and a button pushes it into the call.

import { byId, element, setText } from "./elements.js";
import { callPath, post } from "./requests.js";

const EXAMPLE = `<Bxml>
  <SpeakSentence>The office is closing.</SpeakSentence>
  <Hangup/>
</Bxml>
`;

/** Milliseconds without a key before the document is checked. */
const PAUSE = 250;

const form = byId("push");
const field = byId("bxml");
let checks = 0;

/** Move the cursor to a place of the document. */
function goTo({ line, column }) {
  const lines = field.value.split("\n").slice(0, line - 1);
  const place = lines.reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
  field.focus();
  field.setSelectionRange(place, place);
}

function item(problem) {
  const button = element("button", { type: "button" }, `${problem.line}:${problem.column}`);
  button.setAttribute("aria-label", `Go to line ${problem.line}, column ${problem.column}`);
  button.addEventListener("click", () => goTo(problem));
  return element("li", { class: problem.severity }, button, ` ${problem.severity}: ${problem.message} [${problem.rule}]`);
}

function verdict(problems) {
  if (problems.some((problem) => problem.severity === "error")) return "The document is invalid; if it is pushed, the call ends.";
  return problems.length ? "The document is valid, with warnings." : "The document is valid.";
}

async function check() {
  const number = ++checks;
  const { problems } = await post("/emulator/validate", { bxml: field.value });
  if (number !== checks) return; // the document has changed meanwhile
  setText(byId("verdict"), verdict(problems));
  byId("problems").replaceChildren(...problems.map(item));
}

/** Connect the editor; current() returns the call to push into, and act(promise, message) reports the result. */
export function connect(current, act) {
  let timer;
  field.value = EXAMPLE;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => act(check(), null), PAUSE);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act(post(callPath(current(), "bxml"), { bxml: field.value }), "The document was pushed.");
  });
  act(check(), null);
}

export function enable(isActive) {
  form.querySelector(".primary").disabled = !isActive;
}
