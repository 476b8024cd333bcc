import type { EventSourceClient } from "../index.ts";
import { createLog, type Entry, type Place } from "./log.ts";
import type { Message, News, SharedState, Wish } from "./message.ts";
import type { Hub, Member } from "./parts.ts";
import { listen } from "./source.ts";
import type { Meeting, World } from "./world.ts";

/** The connection of before is gone. */
const anew: SharedState = { is: "connecting", attempt: 1 };

/**
 * The part of one tab in a shared connection. Whoever holds the lock leads: it has the connection, and tells all that comes.
 * The lock is a queue of everybody there is, which the platform keeps, so that nobody counts and nothing is timed.
 *
 *     joins ── asks ──→ follows ── is told what it cannot place → asks … ── too far behind → catches up by itself …
 *       └──── lock ────────┴─────────→ leads ── last client gone, page hidden → leaves ── lock stolen → joins …
 */
export function createHub(
  name: string,
  connect: (lastEventId: string) => EventSourceClient,
  world: World,
  lastEventId: string,
): Hub {
  const members = new Set<Member>();
  const log = createLog(world.kept);
  const last = () => log.before(log.end());
  let meeting: Meeting | undefined;
  let unwatch: (() => void) | undefined;
  let scope = world.scope();
  /** Our name, a new one each time we join. */
  let me = "";
  /** The key of the last item that we were told. */
  let at = "";
  /** Whether we have never been told anything. */
  let isNew = true;
  /** Whom we asked where we are, and who has not answered yet. */
  let asked: string | undefined;
  /** The connection: that of all while we lead, else our own, to catch up. */
  let source: EventSourceClient | undefined;
  let isLeading = false;
  /** The end of the log when we took over. */
  let takenOver = 0;
  let state: SharedState | undefined;
  /** How many items it has brought. */
  let count = 0;

  const post = (message: { ask: Place } | { wish: Wish } | News) => meeting?.post({ from: me, ...message });
  const ask = () => post({ ask: { key: at, lastEventId: last().lastEventId } });

  function join(): void {
    if (meeting) return;
    me = world.makeId();
    if (!at) log.begin({ key: (at = me), lastEventId });
    asked = undefined;
    const wasAlone = scope !== (scope = world.scope());
    meeting = world.meet(name, { receive, lead, robbed, alone });
    if (!meeting) return alone();
    ask();
    if (wasAlone) tell([], at, anew);
  }

  function robbed(): void {
    leave();
    tell([], at, anew);
    join();
  }

  function alone(): void {
    meeting?.leave();
    meeting = { post() {}, leave() {} };
    scope = "tab";
    lead();
  }

  function disconnect(): void {
    const closing = source;
    source = undefined;
    closing?.close();
  }

  /** The next one may connect when our connection is closed. */
  function leave(): void {
    const left = meeting;
    meeting = state = undefined;
    isLeading = false;
    disconnect();
    left?.leave();
  }

  function lead(): void {
    isLeading = true;
    // Some of it was news to us only.
    at = last().key;
    takenOver = log.end();
    log.rewind(takenOver);
    // Nobody asks again for what is over, unless somebody has come since, who says so when told.
    if (!source && state?.is === "closed") return tell([], at, state);
    // One of our own is not that of all.
    disconnect();
    start();
  }

  function start(): void {
    const mine = (source = connect(last().lastEventId));
    listen(mine, (items, next) => {
      if (source !== mine) return;
      const told = items.map((item) => ({ ...item, key: `${me} ${count++}` }));
      tell(told, told.at(-1)?.key ?? at, next);
      if (!isLeading) ask();
    });
    mine.open();
  }

  /** Tells our clients, and before that the other tabs while we lead. */
  function tell(told: readonly Entry[], end: string, next?: SharedState): void {
    const before = log.end();
    // Who has no place yet may want it all.
    const wanted = isNew ? before : Math.min(...[...members].map((member) => member.next()));
    const items = log.append(told, wanted);
    const after = at;
    at = end;
    isNew = false;
    if (isLeading) post({ after, at, items, state: next });
    for (const member of members) member.read(before);
    if (!next) return;
    state = next;
    for (const member of members) if (state === next) member.tell(next);
  }

  function receive(message: Message): void {
    if ("ask" in message) {
      if (isLeading) welcome(message.from, message.ask);
    } else if ("wish" in message) {
      if (isLeading) wish(message.wish);
    } else if (!isLeading) {
      if (!message.to || message.to === me) follow(message.from, message);
    } else if (message.after === at && !message.lost) {
      // The last words of who led before us, which the lock has overtaken. The server may say the same again.
      const closed = message.state?.is === "closed" ? message.state : undefined;
      if (closed) disconnect();
      tell(message.items, message.at, closed);
      log.rewind(takenOver);
    }
  }

  function welcome(to: string, { key: after, lastEventId: id }: Place): void {
    const place = after === at ? log.end() : log.find(after, id);
    // Who has an ID asks the server for what we do not know of, or is ahead of us. Who has none begins with what is kept.
    const start = place ?? (id ? log.end() : log.start());
    const lost = place === undefined ? log.before(start) : undefined;
    post({ to, after, at, items: log.from(start), state, lost });
  }

  function follow(from: string, { to, after, at: end, items, state: next, lost }: News): void {
    let told = items;
    const isHere = after === at;
    // Our question has its answer. Where that does not help, we may ask again.
    if (to) asked = undefined;
    if (lost && !isHere) {
      // The answer is about a place that we have left since: by what our own connection brought, or by another answer.
      if (!source) ask();
      return;
    }
    if (lost || !isHere) {
      const place = lost ? log.find(lost.key, lost.lastEventId) : log.find(after);
      if (place !== undefined) log.rewind(place);
      else if (!lost) {
        // There is a gap. One question to each leader is enough.
        if (asked !== from) ask();
        asked = from;
        return;
      } else if (last().lastEventId) {
        // The leader has dropped what we lack. The server may still have it.
        if (!source) start();
        return;
      } else if (isNew) log.begin(lost);
      // Without IDs nobody can tell what was missed.
      else told = [];
    }
    asked = undefined;
    if (source) {
      disconnect();
      tell([], at, anew);
    }
    tell(told, end, next);
  }

  function wish([what, within]: Wish): void {
    if (!isLeading) post({ wish: [what, within] });
    else if (source) source[what](within);
    else if (what !== "checkLiveness") start();
  }

  const hub: Hub = {
    log,
    state: () => state,
    scope: () => (source && !isLeading ? "tab" : scope),
    has: (id) => (isNew ? id === lastEventId : !id || log.find(undefined, id) !== undefined),
    add(member) {
      members.add(member);
      unwatch ??= world.watch(leave, join);
      join();
      if (!isNew) member.read(log.end());
    },
    remove(member) {
      if (!members.delete(member) || members.size) return;
      if (world.hubs.get(name) === hub) world.hubs.delete(name);
      unwatch?.();
      unwatch = undefined;
      leave();
    },
    wish,
  };
  return hub;
}
