// Calls of the card page to the portal: JSON both ways. A refusal is a Problem: the
// state of the card panel to show, a sentence, a code for the help desk, where to go on.

export class Problem extends Error {
  constructor(state, details = {}) {
    super(state);
    this.name = "Problem";
    this.state = state;
    Object.assign(this, details);
  }
}

const passing = new Set([502, 503, 504]);

// post sends a message and returns the answer. It throws a Problem.
export async function post(address, message, signal) {
  let response;
  try {
    response = await fetch(address, {
      method: "POST",
      signal,
      body: JSON.stringify(message),
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem("offline");
  }
  let answer;
  try {
    answer = await response.json();
  } catch {
    answer = {};
  }
  if (response.ok) return answer;
  if (typeof answer.state === "string") throw new Problem(answer.state, answer);
  if (response.status === 401) throw new Problem("session_over", answer);
  throw new Problem(passing.has(response.status) ? "offline" : "technical", answer);
}

const pauses = [1000, 2000, 4000]; // ms

// insist is post for a message that may be sent again: what the card has signed is not
// lost to a short break of the line.
export async function insist(address, message) {
  for (const pause of pauses) {
    try {
      return await post(address, message);
    } catch (error) {
      if (error.state !== "offline") throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return post(address, message);
}
