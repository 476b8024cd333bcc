import { drive } from "./drive.mjs";

const [client, url, plan] = process.argv.slice(2);
const say = (what, value) => process.send({ what, value });
// Some clients let Node end while they wait; then there would be nothing to see.
process.on("message", () => {});
process.on("disconnect", () => process.exit());
for (const event of ["uncaughtException", "unhandledRejection"])
  process.on(event, (error) => say("unhandled", String(error)));
await drive(() => import(`./clients/${client}.mjs`), url, JSON.parse(plan), say);
