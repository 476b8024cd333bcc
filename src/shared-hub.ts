import type { EventSourceClient, StreamItem } from "./index.ts";
import { createLog } from "./shared-log.ts";
import type { Message, SharedState, Welcome, Wish } from "./shared-message.ts";
import { listen } from "./shared-source.ts";
import type { Meeting, Scope, World } from "./shared-world.ts";

/** Characters of past events that every tab keeps, for those who join late or have to catch up. */
export const KEPT: number = 2 ** 20;

/** One client of a tab. */
export interface Member {
  /** The ID of the last event that it was given, or that it starts after. */
  readonly id: () => string;
  /** How many past events it wants, when it starts after none. */
  readonly replay: () => number;
  readonly give: (items: readonly StreamItem[]) => void;
  readonly tell: (state: SharedState) => void;
}

/** What the clients of a tab that have the same key share. */
export interface Hub {
  readonly state: () => SharedState | undefined;
  readonly scope: () => Scope;
  /** Adds a member, or has one that is there begin anew after its ID. */
  readonly add: (member: Member) => void;
  /** The last one to go takes the hub along. */
  readonly remove: (member: Member) => void;
  /** Has whoever has the connection do something. */
  readonly wish: (wish: Wish) => void;
}

/**
 * The part of one tab in a shared connection. Whoever holds the lock leads: it has the connection, and tells all that comes.
 * The lock is a queue of everybody there is, which the platform keeps, so that nobody counts and nothing is timed.
 *
 *     joins ─── asks ──→ welcomed ──→ follows ─── unknown leader → asks …
 *       └──── lock ────────┴────────────┴───→ leads ─── last client gone, page hidden → leaves
 */
export function createHub(
  name: string,
  connect: (lastEventId: string) => EventSourceClient,
  world: World,
): Hub {
  /** Each member, with the connection of its own while it is catching up; `true` once it goes with the others. */
  const members = new Map<Member, EventSourceClient | true | undefined>();
  const log = createLog(KEPT);
  let meeting: Meeting | undefined;
  let unwatch: (() => void) | undefined;
  let scope = world.scope();
  /** Our name, a new one each time we join. */
  let me = "";
  /** Who numbered the end of the log. */
  let leader: string | undefined;
  /** Whom we are in step with. */
  let following: string | undefined;
  let asked: string | undefined;
  /** The connection, while we lead. */
  let source: EventSourceClient | undefined;
  /** Whom we took over from, and where. */
  let predecessor: string | undefined;
  let takenOver = 0;
  let state: SharedState | undefined;
  /** What came and is not told yet: what arrived together is told together. */
  let news: StreamItem[] = [];

  const post = (message: Message) => meeting?.post(message);
  const ask = () => post({ from: me, ask: { leader, end: log.end() } });

  function join(): void {
    if (meeting) return;
    me = world.makeId();
    following = asked = undefined;
    meeting = world.meet(name, receive, lead, alone);
    if (meeting) ask();
    else alone();
  }

  function alone(): void {
    scope = "tab";
    meeting?.leave();
    meeting = { post() {}, leave() {} };
    // Somebody may have taken the lock from us.
    const closing = source;
    source = undefined;
    news = [];
    closing?.close();
    lead();
  }

  function leave(): void {
    meeting?.leave();
    const closing = source;
    meeting = source = state = undefined;
    news = [];
    closing?.close();
    for (const [member, how] of members) if (how !== true) detach(member);
  }

  function lead(): void {
    predecessor = leader;
    takenOver = log.end();
    // Nobody knows of anything before us: the stream begins where the first client wants it to.
    if (!leader) log.reset(0, [...members.keys()][0]!.id());
    leader = me;
    const leading = (source = connect(log.idBefore(log.end())));
    listen(
      leading,
      (item) => {
        if (source === leading && news.push(item) === 1) queueMicrotask(flush);
      },
      (next) => {
        if (source === leading) setState(next);
      },
    );
    feed([]);
    leading.open();
  }

  function flush(): void {
    const items = news;
    if (!items.length) return;
    news = [];
    post({ from: me, start: log.end(), items });
    feed(items);
  }

  function setState(next: SharedState): void {
    flush();
    if (source) post({ from: me, state: next });
    state = next;
    for (const member of members.keys()) if (state === next) member.tell(next);
  }

  function receive(message: Message): void {
    if ("ask" in message) {
      if (source) welcome(message.from, message.ask.leader, message.ask.end);
    } else if ("wish" in message) {
      if (source) wish(message.wish);
    } else if (source) {
      // The last words of somebody who led before us.
    } else if ("to" in message) {
      if (message.to === me && message.from !== following) follow(message.from, message);
    } else if (message.from !== following) {
      if (message.from !== asked) {
        asked = message.from;
        ask();
      }
    } else if ("state" in message) setState(message.state);
    else if (message.start === log.end()) feed(message.items);
    else {
      // Channels lose nothing that we know of.
      following = undefined;
      ask();
    }
  }

  function welcome(to: string, itsLeader: string | undefined, end: number): void {
    flush();
    const shared =
      itsLeader === me ? end : itsLeader && itsLeader === predecessor ? Math.min(end, takenOver) : -1;
    const items = log.from(shared);
    const start = items ? shared : log.start();
    post({
      from: me,
      to,
      start,
      id: log.idBefore(start),
      items: items ?? log.from(start)!,
      isNew: !items,
      state,
    });
  }

  function follow(from: string, { start, id, items, isNew, state: current }: Welcome): void {
    following = leader = from;
    if (isNew) {
      log.reset(start, id);
      for (const member of members.keys()) detach(member);
    } else log.rewind(start, id);
    feed(items);
    if (current) setState(current);
  }

  /** Items go to those who are in step, and tell the others how far they have to come. */
  function feed(items: readonly StreamItem[]): void {
    const fresh = log.append(items);
    for (const [member, how] of members)
      if (how !== true) attach(member);
      else if (fresh.length) member.give(fresh);
  }

  function attach(member: Member): void {
    const own = members.get(member);
    // Before anybody leads there is nothing to be in step with.
    if (!leader || own === true || !meeting) return;
    const id = member.id();
    const items = id ? log.after(id) : log.last(member.replay());
    if (items) {
      members.set(member, true);
      own?.close();
      const lastEventId = log.idBefore(log.end());
      member.give(items.length || id ? items : [{ type: "", data: undefined, lastEventId }]);
    } else if (!own) {
      // It is further behind than we remember: the server knows, and the others must not hear it all again.
      const catching = connect(id);
      members.set(member, catching);
      listen(
        catching,
        (item) => {
          member.give([item]);
          attach(member);
        },
        (next) => {
          if (members.get(member) === catching && next.is === "closed") member.tell(next);
        },
      );
      catching.open();
    }
  }

  function detach(member: Member): void {
    const own = members.get(member);
    members.set(member, undefined);
    if (own !== true) own?.close();
  }

  function wish([what, within]: Wish): void {
    if (!source) post({ from: me, wish: [what, within] as Wish });
    else if (what === "check") source.check(within!);
    else source[what]();
  }

  return {
    state: () => state,
    scope: () => scope,
    add(member) {
      detach(member);
      unwatch ??= world.watch(leave, join);
      join();
      attach(member);
    },
    remove(member) {
      if (!members.has(member)) return;
      detach(member);
      members.delete(member);
      if (members.size) return;
      world.hubs.delete(name);
      unwatch?.();
      unwatch = undefined;
      leave();
    },
    wish,
  };
}
