// The panel of a conference: its members and its timeline.

import { byId, element, setText } from "./elements.js";
import * as timeline from "./timeline.js";

/** Create the panel of a conference. */
export class ConferencePanel {
  constructor(conference) {
    this.count = 0;
    this.root = byId("conference").content.firstElementChild.cloneNode(true);
    const title = `title-${conference.conferenceId}`;
    this.find("h2").id = title;
    this.root.setAttribute("aria-labelledby", title);
    this.find(".members").setAttribute("aria-label", "Members");
    this.find(".timeline").setAttribute("aria-label", "Timeline of the conference");
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  /** Show the state of the conference. */
  show(conference) {
    const { name, state, members } = conference;
    setText(this.find("h2"), `Conference ${name} · ${state}`);
    this.root.classList.toggle("over", state === "completed");
    this.find(".nobody").hidden = members.length > 0;
    this.find(".members").replaceChildren(...members.map((member) => element("li", {}, described(member))));
    timeline.append(this.find(".timeline"), conference.entries.slice(Math.max(0, this.count - conference.first)));
    this.count = conference.first + conference.entries.length;
  }
}

/** Return a member with its options. */
function described({ from, to, mute, hold }) {
  return [`${from} → ${to}`, mute && "muted", hold && "on hold"].filter(Boolean).join(" · ");
}
