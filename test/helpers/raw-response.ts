import { connect } from "node:net";

/** All bytes that a server sends in answer to a plain GET, headers and framing included. */
export async function responseOf(port: number): Promise<Buffer> {
  const socket = connect(port, "127.0.0.1");
  socket.write("GET /events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
  const chunks: Uint8Array[] = [];
  for await (const chunk of socket) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
