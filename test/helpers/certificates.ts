import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "certificates");
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

/** The authority that signed both certificates. Made by certificates/make.sh. */
export const ca: string = read("ca.pem");
export const clientCertificate: { cert: string; key: string } = {
  cert: read("client.pem"),
  key: read("client.key"),
};
/** For a server that is called `localhost` and lets nobody in without a certificate of `ca`. */
export const mutualTls = {
  cert: read("server.pem"),
  key: read("server.key"),
  ca,
  requestCert: true,
  rejectUnauthorized: true,
};
