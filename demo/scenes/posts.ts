// Social feed: a post is stored, then broadcast. Whoever was away gets what was missed from the log.
import { Router } from "express";
import { limitRate } from "../limits.ts";
import type { Scene, Stage } from "../stage.ts";

const LONGEST = 280;
const EVERY = 5_000;

export interface Post {
  author: string;
  text: string;
  at: string;
}

export function createPosts({ feed, join, guard, tokens, report }: Stage): Scene {
  const store = async (author: string, text: string): Promise<void> => {
    const post: Post = { author, text, at: new Date().toISOString() };
    await (await feed("posts")).publish("post", post);
  };

  const friends = setInterval(() => void chat().catch(report), EVERY);
  async function chat(): Promise<void> {
    if ((await feed("posts")).isWatched()) await store(...pick(LINES));
  }

  /** A feed that is new has a few posts to begin with. */
  async function seed(): Promise<void> {
    const isEmpty = (await (await feed("posts")).recent(1)).length === 0;
    for (const line of isEmpty ? LINES.slice(0, 5) : []) await store(...line);
  }
  let seeding: Promise<void> | undefined;

  const routes = Router();
  routes.use(async (_req, _res, next) => {
    // One that fails is tried again with the next request.
    await (seeding ??= seed().catch((error: unknown) => {
      seeding = undefined;
      throw error;
    }));
    next();
  });
  routes.get("/", guard("posts", tokens.revoke), tokens.require, join("posts"));
  // Ten a minute, then 429 with Retry-After.
  routes.post("/", tokens.require, limitRate(10, 60_000), async (req, res) => {
    const { author, text } = Object(req.body) as Record<string, unknown>;
    const isText = (value: unknown, longest: number): value is string =>
      typeof value === "string" && value.trim() !== "" && value.length <= longest;
    if (!isText(author, 40) || !isText(text, LONGEST))
      return void res.status(400).json({ error: "author or text" });
    await store(author.trim(), text.trim());
    res.sendStatus(201);
  });
  return { routes, close: () => clearInterval(friends) };
}

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;

const LINES: [author: string, text: string][] = [
  ["Mira", "First swim of the year. The lake has not heard of spring yet."],
  ["Jonas", "Anyone up for the ridge walk on Saturday? Leaving at seven."],
  ["Ayo", "Deployed on a Friday. Nothing happened. Suspicious."],
  ["Sofia", "The sourdough finally stood up for itself."],
  ["Mira", "Found a bookshop that sells by weight. Send help, or a cart."],
  ["Teo", "TIL a server-sent event is just text. You can read it with curl."],
  ["Ayo", "The train Wi-Fi went away for a whole tunnel, and this feed simply went on."],
  ["Jonas", "Moved the desk to the window. Productivity: unclear. Birds: many."],
  ["Sofia", "Rain all day, so the garden and I both stayed in."],
  ["Teo", "Unpopular opinion: the best protocol is the one that you can explain in a minute."],
];
