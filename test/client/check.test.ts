import { describe, expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { createFakeClock } from "../helpers/fake-clock.ts";
import { serve, stream } from "../helpers/server.ts";
import { reach } from "../helpers/watch.ts";

/** A client whose time is made up, open on a real server that sends what the test writes. */
async function open(idleTimeout?: number) {
  const write: ((text: string) => void)[] = [];
  const server = await serve((response) => {
    stream(response);
    write.push((text) => response.write(text));
  });
  const clock = createFakeClock();
  const source = createClient(
    server.url,
    { idleTimeout, retry: { initialDelay: 10_000 } },
    { clock, random: () => 0, whenOnline: () => undefined },
  );
  await reach(source, "open");
  const comment = () =>
    new Promise((resolve) => {
      source.onComment(resolve, { once: true });
      write.at(-1)!(":\n\n");
    });
  return { server, clock, source, comment, write: (text: string) => write.at(-1)!(text) };
}

describe("check()", () => {
  it("takes a silent connection for dead, and the next one has no deadline", async () => {
    const { server, clock, source } = await open();
    await using _ = server;
    source.checkLiveness(100);
    await clock.advance(99);
    expect(source.status.state).toBe("open");
    await clock.advance(1);
    expect(source.status).toMatchObject({ state: "waiting", error: { code: "idle-timeout" } });
    await server.released(1);
    await clock.advance(10_000);
    await reach(source, "open");
    expect(clock.pending).toBe(0);
    source.close();
  });

  it("is content with a comment, and asks once", async () => {
    const { server, clock, source, comment } = await open();
    await using _ = server;
    source.checkLiveness(100);
    await comment();
    await clock.advance(100_000);
    expect(source.status.state).toBe("open");
    source.close();
  });

  it("shortens the idle timeout until something comes", async () => {
    const { server, clock, source, comment } = await open(1000);
    await using _ = server;
    source.checkLiveness(100);
    await comment();
    await clock.advance(999);
    expect(source.status.state).toBe("open");
    source.checkLiveness(100);
    await clock.advance(100);
    expect(source.status.state).toBe("waiting");
    source.close();
    expect(clock.pending).toBe(0);
  });

  it("never gives a connection longer than it had: the earlier deadline counts", async () => {
    const { server, clock, source } = await open(1000);
    await using _ = server;
    await clock.advance(950);
    source.checkLiveness(100);
    await clock.advance(50);
    expect(source.status.state).toBe("waiting");
    source.close();
  });

  it("asked again and again it does not begin anew", async () => {
    const { server, clock, source } = await open();
    await using _ = server;
    for (let i = 0; i < 3; i++) {
      source.checkLiveness(100);
      await clock.advance(40);
    }
    expect(source.status.state).toBe("waiting");
    source.close();
  });

  it("counts from when the reader is free, where a listener holds it", async () => {
    const { server, clock, source, write } = await open();
    await using _ = server;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      source.onEvent(() => {
        resolve();
        return new Promise<void>((letGo) => (release = letGo));
      });
    });
    write("data: x\n\n");
    await held;
    source.checkLiveness(100);
    await clock.advance(1000);
    expect(source.status.state).toBe("open");
    release();
    await clock.advance(99);
    expect(source.status.state).toBe("open");
    await clock.advance(1);
    expect(source.status.state).toBe("waiting");
    source.close();
    expect(clock.pending).toBe(0);
  });

  it("counts after sleep, too, when the clock has jumped and timers have not", async () => {
    const { server, clock, source } = await open(4000);
    await using _ = server;
    clock.jump(3_600_000);
    source.checkLiveness(100);
    await clock.advance(100);
    expect(source.status.state).toBe("waiting");
    source.close();
  });

  it("of 0 is one of the shortest, and no end of the idle timeout", async () => {
    const { server, clock, source } = await open(1000);
    await using _ = server;
    source.checkLiveness(0);
    await clock.advance(1);
    expect(source.status.state).toBe("waiting");
    source.close();
  });
});
