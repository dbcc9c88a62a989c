// Replay: create the call again, wait for the same prompts, and repeat what the caller did.

import { callPath, get, post } from "./requests.js";

/** Seconds of the emulator's time to wait for a prompt. */
const PATIENCE = 60;

/** Seconds of the emulator's time to wait for the end. */
const LONGEST = 3600;

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Wait, or advance the time if it is virtual. */
async function pass(seconds) {
  const { speed } = await get("/emulator");
  await (speed ? sleep(seconds / speed) : post("/emulator/advance", { seconds }));
}

async function legId(root, index) {
  const { legs } = await post("/emulator/watch", { call: root });
  return legs.filter((leg) => leg.parentCallId === root)[index]?.callId;
}

const STEPS = {
  react: ({ number, reaction, after, by, hangsUpAfter }) =>
    post(`/emulator/phones/${encodeURIComponent(number)}`, { reaction, after, by, hangsUpAfter }),
  delay: ({ seconds, path }) => post("/emulator/webhook-delays", { seconds, path }),
  spoken: ({ text, within = PATIENCE }, id) => post(callPath(id, "expect"), { spoken: text, within }),
  played: ({ url, within = PATIENCE }, id) => post(callPath(id, "expect"), { played: url, within }),
  advance: ({ seconds }) => pass(seconds),
  press: ({ digits }, id) => post(callPath(id, "press"), { digits }),
  say: ({ text, seconds }, id) => post(callPath(id, "say"), { text, ...(seconds && { seconds }) }),
  close: ({ name }, id) => post(callPath(id, "close-stream"), { name }),
  "hang up": (_, id) => post(callPath(id, "hang-up")),
  // The application or its client repeats its own requests.
  push: (step, id) => !step.byClient && post(callPath(id, "bxml"), { bxml: step.document }),
  end: ({ within = LONGEST }, id) => post(callPath(id, "expect"), { ended: true, within }),
};

/** Replay a call; started(id) is called with the id of the new call. */
export async function replay(callId, started) {
  const steps = await get(callPath(callId, "steps"));
  let root = null;
  for (const step of steps) {
    if (step.do === "start") {
      root = (await post(callPath(callId, "repeat"))).callId;
      started(root);
    } else {
      const id = step.leg === null ? root : await legId(root, step.leg);
      // An application may put the id of the call into names, such as the name of a stream.
      const again = JSON.parse(JSON.stringify(step).replaceAll(callId, root));
      await STEPS[step.do]?.(again, id);
    }
  }
}
