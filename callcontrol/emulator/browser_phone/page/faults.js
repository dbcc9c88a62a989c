// The buttons that set how a number reacts, and make the next request or response fail.

import { byId, element } from "./elements.js";
import { post } from "./requests.js";

const FAULTS = {
  500: ["/emulator/faults", { status: 500 }, "The next request to the API fails with 500."],
  slow: ["/emulator/faults", { delay: 5 }, "The next request to the API takes 5 s longer."],
  cut: ["/emulator/faults", { cut: true }, "The connection of the next request to the API is cut."],
  late: ["/emulator/webhook-delays", { seconds: 30 }, "The next response of the application comes too late."],
};

const REACTIONS = {
  "is-busy": "is busy",
  "does-not-answer": "rings until it is answered here",
  rejects: "rejects calls",
  answers: "answers calls",
};

/** Connect the buttons; act(promise, message) reports the result. */
export function connect(act) {
  for (const button of document.querySelectorAll("[data-fault]")) {
    const [path, body, message] = FAULTS[button.dataset.fault];
    button.addEventListener("click", () => act(post(path, body), message));
  }
  const number = byId("number");
  for (const button of document.querySelectorAll("[data-reaction]")) {
    const { reaction } = button.dataset;
    button.addEventListener("click", () => {
      const path = `/emulator/phones/${encodeURIComponent(number.value)}`;
      act(number.value ? post(path, { reaction }) : missing(number), `${number.value} ${REACTIONS[reaction]}.`);
    });
  }
}

async function missing(number) {
  number.focus();
  throw new Error("Enter a number first.");
}

/** Suggest the numbers of the legs. */
export function suggest(numbers) {
  const list = byId("numbers");
  const known = new Set([...list.children].map((option) => option.value));
  list.append(...numbers.filter((each) => !known.has(each)).map((value) => element("option", { value })));
}
