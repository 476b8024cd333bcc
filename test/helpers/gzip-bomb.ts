import { gzipSync } from "node:zlib";

/** A gzip file of some hundred kilobytes per GB that unpacks to `unit`, repeated up to about `size` bytes. */
export function gzipBomb(head: string, unit: string, size: number): Buffer {
  // A gzip file may have several members, one after the other.
  const member = unit.repeat(Math.ceil(2 ** 25 / unit.length));
  const packed = gzipSync(member, { level: 9 });
  return Buffer.concat([gzipSync(head), ...Array<Buffer>(Math.ceil(size / member.length)).fill(packed)]);
}
