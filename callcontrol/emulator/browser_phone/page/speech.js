// The voices of the browser speak what the call says, and its microphone hears the caller, where the browser has these.

const voices = window.speechSynthesis;
const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;

/** Kinds of entries after which the call no longer speaks what it spoke before. */
const CUTS = new Set(["gathered", "api"]);

export const canHear = Boolean(Recognition);

function voiceFor(locale) {
  const language = locale.replace("_", "-").toLowerCase();
  const all = voices.getVoices();
  return all.find((voice) => voice.lang.toLowerCase() === language) ?? null;
}

function speak(entry) {
  const locale = entry.details.locale ?? "en_US";
  const utterance = new SpeechSynthesisUtterance(entry.text);
  utterance.lang = locale.replace("_", "-");
  utterance.voice = voiceFor(locale);
  voices.speak(utterance);
}

export function silence() {
  voices?.cancel();
}

/** Speak the sentences among new entries of a timeline, and stop where the call was interrupted or ended. */
export function hear(entries) {
  if (!voices) return;
  for (const entry of entries) {
    if (CUTS.has(entry.kind) || (entry.kind === "state" && entry.text === "disconnected")) silence();
    else if (entry.kind === "spoken") speak(entry);
  }
}

/** Listen to the microphone once, and return what it heard. */
export function listen() {
  return new Promise((resolve, reject) => {
    const recognition = new Recognition();
    recognition.lang = "en-US";
    recognition.onresult = (event) => resolve(event.results[0][0].transcript);
    recognition.onerror = (event) => reject(new Error(`the microphone heard nothing: ${event.error}`));
    recognition.onend = () => reject(new Error("the microphone heard nothing"));
    recognition.start();
  });
}
