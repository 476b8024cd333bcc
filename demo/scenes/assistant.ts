// An assistant's answer, token by token, `[DONE]` at its end. The text is made here; a real one would come from a model.
// The same prompt gives the same answer, so a client whose connection was cut may go on after the last token that it got.
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Router, type Request, type Response } from "express";
import { limitRate } from "../limits.ts";
import type { Scene, Stage } from "../stage.ts";

const PACE = Number(process.env["DEMO_TOKEN_PACE"] ?? 45);
const LONGEST = 500;

export function createAssistant({ guard, tokens }: Stage): Scene {
  const open = new Set<Response>();

  async function answer(req: Request, res: Response): Promise<void> {
    const prompt: unknown = req.body?.prompt;
    if (typeof prompt !== "string" || prompt.trim() === "" || prompt.length > LONGEST)
      return void res.status(400).json({ error: `a prompt of at most ${LONGEST} characters` });
    res.set({ "Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no" });
    res.flushHeaders();
    open.add(res);
    res.once("close", () => open.delete(res));

    const words = compose(prompt).match(/\s*\S+/g) ?? [];
    const had = Number(/^\d{1,5}$/.exec(req.get("last-event-id") ?? "")?.[0] ?? 0);
    for (let index = had; index < words.length; index++) {
      await delay(PACE);
      // Stopped: nobody pays for words that nobody reads.
      if (res.destroyed || res.writableEnded) return;
      res.write(`id:${index + 1}\ndata:${JSON.stringify({ token: words[index] })}\n\n`);
    }
    res.end("data:[DONE]\n\n");
  }

  const routes = Router();
  routes.post("/", limitRate(30, 60_000), guard("assistant", tokens.revoke), tokens.require, answer);
  return { routes, close: () => open.forEach((res) => res.destroy()) };
}

const OPENINGS = [
  "Short answer first, then the reasons.",
  "That is a question worth a careful answer.",
  "Let us take it step by step.",
];

const SUBJECTS: [about: RegExp, text: string][] = [
  [
    /lost|lose|resum|reconnect|drop|break|offline/i,
    "Every event carries an id. The client keeps the id of the last event that your code was given, not the last one that was parsed, and sends it as Last-Event-ID when it connects again. The server reads its log from there.\n\nSo a cut in the middle of a chunk costs nothing: what had not reached you is sent again, and what had is not.",
  ],
  [
    /auth|token|cookie|401|secur|header/i,
    "The native class cannot send headers, which is why tokens end up in URLs, and URLs end up in logs. A client on top of fetch sends an Authorization header and asks for a fresh token when the server answers 401.\n\nThe stream then goes on after the last event, and nobody notices the change of guard.",
  ],
  [
    /websocket|socket|poll|why|sse|server-sent|stream/i,
    "Server-sent events are plain HTTP: they pass proxies, they are compressed, cached, logged and authorised like everything else that you serve. They go one way, from the server to the page, and that is what most live features need.\n\nFor the way back there is an ordinary request. Springs flow downhill, and seldom miss the other direction.",
  ],
];

const OTHERWISE =
  "I am a few lines of code and no model, so I know little about that. I can tell you about lost events, about tokens, and about streams as such.\n\nWhat is real is the way in which this text reaches you: one event for each word, a stop button that reaches the server, and a mark at the end that tells a finished answer from one that was cut.";

function compose(prompt: string): string {
  const [first = 0] = createHash("sha256").update(prompt).digest();
  const text = SUBJECTS.find(([about]) => about.test(prompt))?.[1] ?? OTHERWISE;
  return `${OPENINGS[first % OPENINGS.length]}\n\n${text}`;
}
