import type { StreamItem } from "./index.ts";

/**
 * The last items of a shared stream, numbered in the order in which its leader told them. Every tab keeps one, so that
 * each can lead: it hands what it has to those who lack it, and asks the server for what comes after.
 */
export interface Log {
  /** The number of the first item that is kept. */
  readonly start: () => number;
  /** The number that the next item will have. */
  readonly end: () => number;
  /** The last event ID before an item. */
  readonly idBefore: (number: number) => string;
  /** The items from a number on; `undefined` when they are not all kept. */
  readonly from: (number: number) => StreamItem[] | undefined;
  /** The items after the last one that has an ID; `undefined` when none is kept that has it. */
  readonly after: (lastEventId: string) => StreamItem[] | undefined;
  /** The last `count` events. */
  readonly last: (count: number) => StreamItem[];
  /** Forgets everything: the next item is `number`, and comes after `lastEventId`. */
  readonly reset: (number: number, lastEventId: string) => void;
  /** Takes back the items from `number` on. They were handed on: `append` leaves them out when they come again. */
  readonly rewind: (number: number, lastEventId: string) => void;
  /** Adds items. Gives those that have not been handed on. */
  readonly append: (added: readonly StreamItem[]) => StreamItem[];
}

/** What an item takes, in characters: its text, and a round figure for the rest. */
export function weigh({ data = "", comment = "" }: StreamItem): number {
  return data.length + comment.length + 100;
}

/** `limit`: characters kept at most. */
export function createLog(limit: number): Log {
  let items: StreamItem[] = [];
  let start = 0;
  /** The last event ID before the first item. */
  let startId = "";
  let size = 0;
  /** What was taken back and did not come again yet. */
  let ahead: StreamItem[] = [];
  let isRepeat = false;

  const log: Log = {
    start: () => start,
    end: () => start + items.length,
    idBefore: (number) => items[number - start - 1]?.lastEventId ?? startId,
    from: (number) => (number >= start ? items.slice(number - start) : undefined),
    after(lastEventId) {
      let index = items.length;
      while (index && items[index - 1]!.lastEventId !== lastEventId) index--;
      return index || lastEventId === startId ? items.slice(index) : undefined;
    },
    last: (count) => (count ? items.filter(({ data }) => data !== undefined).slice(-count) : []),
    reset(number, lastEventId) {
      items = ahead = [];
      start = number;
      startId = lastEventId;
      size = 0;
    },
    rewind(number, lastEventId) {
      if (number >= log.end()) return;
      const taken = items.splice(Math.max(0, number - start));
      ahead = [...taken, ...ahead];
      for (const item of taken) size -= weigh(item);
      if (items.length) return;
      start = number;
      startId = lastEventId;
    },
    append(added) {
      const news = added.filter((item) => {
        const { lastEventId, data } = item;
        const isNewId = lastEventId !== log.idBefore(log.end());
        // An event without an ID of its own shares that of the one before: it can only repeat what follows a repeat.
        const index = ahead.findIndex(
          (old) => old.lastEventId === lastEventId && (isNewId || (isRepeat && old.data === data)),
        );
        isRepeat = index >= 0;
        if (isRepeat) ahead.splice(0, index + 1);
        items.push(item);
        size += weigh(item);
        return !isRepeat;
      });
      if (size > limit) {
        let count = 0;
        // Down to the half, so that it is not done for every item.
        while (size > limit / 2) size -= weigh(items[count++]!);
        startId = items[count - 1]!.lastEventId;
        start += count;
        items.splice(0, count);
      }
      return news;
    },
  };
  return log;
}
