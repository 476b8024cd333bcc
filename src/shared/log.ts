import type { StreamItem } from "../index.ts";

/** An item as the tabs tell it to each other. */
export interface Entry extends StreamItem {
  /** Its name in all tabs. What the server sends again, to another tab, gets another one. */
  readonly key: string;
}

/** Where somebody is in a stream: behind an item, or where the tab of that name has begun. */
export type Place = Pick<Entry, "key" | "lastEventId">;

/**
 * The last items of a shared stream, in the order in which this tab had them, numbered. Every tab keeps one, so that each can
 * lead: it hands what it has to those who lack it, and asks the server for what comes after.
 */
export interface Log {
  /** The number of the first item that is kept. */
  readonly start: () => number;
  /** The number that the next item will have. */
  readonly end: () => number;
  /** What an item comes after. */
  readonly before: (number: number) => Place;
  readonly item: (number: number) => Entry | undefined;
  /** The items from a number on. */
  readonly from: (number: number) => Entry[];
  /** The number after the item with that key, else after the last item with that ID; `undefined` when neither is kept. */
  readonly find: (key: string | undefined, lastEventId?: string) => number | undefined;
  /** The number of the first of the last `count` events. */
  readonly last: (count: number) => number;
  /** How many characters there are from a number on. */
  readonly weight: (number: number) => number;
  /** Says what an empty log comes after. */
  readonly begin: (place: Place) => void;
  /** What follows will be told from `number` on: `append` leaves out what there is. */
  readonly rewind: (number: number) => void;
  /** Adds items, and gives those that are new. What somebody waits for, from the number `wanted` on, is kept beyond the limit. */
  readonly append: (added: readonly Entry[], wanted?: number) => Entry[];
}

/** What an item takes, in characters: its texts, and a round figure for the rest. */
export function weigh({ data = "", comment = "", type, lastEventId }: StreamItem): number {
  return data.length + comment.length + type.length + lastEventId.length + 100;
}

/** `limit`: characters kept at most. */
export function createLog(limit: number): Log {
  /** The first is the one before those that are kept. */
  const entries: Place[] = [{ key: "", lastEventId: "" }];
  /** The characters of everything before each of them. */
  const sums = [0];
  let total = 0;
  let start = 0;
  /** What may be told once more, and the ID before what is told next. */
  let ahead: Entry[] = [];
  let previousId: string;
  let isRepeat = false;

  const log: Log = {
    start: () => start,
    end: () => start + entries.length - 1,
    item: (number) => entries[number - start + 1] as Entry | undefined,
    before: (number) => entries[number - start]!,
    from: (number) => entries.slice(number - start + 1) as Entry[],
    find(key, lastEventId) {
      let index = entries.findLastIndex((entry) => entry.key === key);
      if (index < 0 && lastEventId)
        index = entries.findLastIndex((entry) => entry.lastEventId === lastEventId);
      return index < 0 ? undefined : start + index;
    },
    last(count) {
      let number = log.end();
      for (let left = count; left > 0 && number > start;) if (log.item(--number)!.data !== undefined) left--;
      return number;
    },
    weight: (number) => total - (sums[number - start + 1] ?? total),
    begin: (place) => void (entries[0] = place),
    rewind(number) {
      const kept = Math.max(number, start);
      ahead = log.from(kept);
      previousId = log.before(kept).lastEventId;
      isRepeat = false;
    },
    append(added, wanted = Infinity) {
      const fresh: Entry[] = [];
      for (const entry of added) {
        const { key, lastEventId, data } = entry;
        const isNewId = lastEventId !== previousId;
        previousId = lastEventId;
        // An event without an ID of its own shares that of the one before: it can only repeat what follows a repeat.
        const index = ahead.findIndex(
          (old) =>
            old.key === key ||
            (old.lastEventId === lastEventId && (isNewId || (isRepeat && old.data === data))),
        );
        isRepeat = index >= 0;
        // What comes again comes first. After that an ID that was there before is that of another event.
        if (isNewId) ahead = isRepeat ? ahead.slice(index + 1) : [];
        else if (isRepeat) ahead = ahead.filter((_old, at) => at !== index);
        // What has no ID of its own and is new, while we are ahead, must not take us back to the ID of its place.
        if (!isRepeat)
          fresh.push(ahead.length ? { ...entry, lastEventId: log.before(log.end()).lastEventId } : entry);
      }
      for (const entry of fresh) {
        entries.push(entry);
        sums.push(total);
        total += weigh(entry);
      }
      if (log.weight(start) > limit) {
        let count = 0;
        // Down to the half, so that it is not done for every item.
        while (start + count < wanted && log.weight(start + count) > limit / 2) count++;
        sums.splice(0, count);
        entries.splice(0, count);
        start += count;
      }
      return fresh;
    },
  };
  return log;
}
