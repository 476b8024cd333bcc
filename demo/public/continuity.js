// When the connection was up, and every event at the time the server sent it.
// What arrives late after a break fills the hole that the break left.

const WIDE = 60_000;
const NARROW = 30_000;
const BAND = 8;
const AXIS = 20;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export function createContinuity(canvas) {
  const events = []; // { at, delivery }
  const changes = []; // { at, up }
  const context = canvas.getContext("2d");

  /** Gives the canvas the pixels that it covers on the screen. */
  function fit(width, height) {
    const [w, h] = [width, height].map((size) => Math.round(size * devicePixelRatio));
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, width, height);
  }

  function paint() {
    const now = Date.now();
    const { clientWidth: width, clientHeight: height } = canvas;
    const span = width < 600 ? NARROW : WIDE;
    const x = (at) => width - ((now - at) / span) * width;
    const style = getComputedStyle(canvas);
    const fill = (name, ...rectangle) => {
      context.fillStyle = style.getPropertyValue(name);
      context.fillRect(...rectangle);
    };

    fit(width, height);
    for (const [index, { at, up }] of changes.entries()) {
      const from = Math.max(0, x(at));
      const to = x(changes[index + 1]?.at ?? now);
      if (to > from) fill(up ? "--live" : "--down-band", from, 0, to - from, BAND);
    }
    const bar = events.length > 200 ? 1 : 3;
    for (const { at, delivery } of events) {
      fill(`--${delivery}`, x(at) - bar / 2, BAND + 6, bar, height - BAND - 6 - AXIS);
    }

    context.fillStyle = style.getPropertyValue("--muted");
    context.font = `12px ${style.fontFamily}`;
    context.textAlign = "left";
    context.fillText(`${span / 1000} s ago`, 0, height - 3);
    context.textAlign = "right";
    context.fillText("now", width, height - 3);
  }

  let painted = 0;
  requestAnimationFrame(function frame(time) {
    if (time - painted > (calm.matches ? 1_000 : 40)) {
      painted = time;
      paint();
    }
    requestAnimationFrame(frame);
  });

  return {
    clear() {
      events.length = changes.length = 0;
    },

    event(at, delivery) {
      events.push({ at, delivery });
      // Here and not in paint: a hidden page is not painted, but must not grow either.
      while (events[0].at < at - WIDE) events.shift();
    },

    status(state) {
      const up = state === "open";
      if (changes.at(-1)?.up !== up) changes.push({ at: Date.now(), up });
      while (changes.length > 1 && changes[1].at < Date.now() - WIDE) changes.shift();
    },
  };
}
