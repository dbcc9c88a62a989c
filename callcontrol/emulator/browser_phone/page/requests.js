// Requests to the control API of the emulator.

/** An error response; its message is the description. */
export class Refused extends Error {}

async function ask(method, path, body, signal) {
  const options = { method, signal };
  if (method === "POST") {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body ?? {});
  }
  const response = await fetch(path, options);
  const text = await response.text();
  const isJson = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
  const value = isJson ? JSON.parse(text) : text;
  if (!response.ok) throw new Refused(value.description ?? `status ${response.status}`);
  return value;
}

export const get = (path) => ask("GET", path);
export const post = (path, body, signal) => ask("POST", path, body, signal);
export const callPath = (callId, act) => `/emulator/calls/${encodeURIComponent(callId)}/${act}`;
