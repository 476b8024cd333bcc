// The programs that the tests need and npm cannot install. `ensure-system.mjs` sees to it that they are there.
import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

interface Program {
  /** Debian's package. */
  readonly package: string;
  /** The environment variable that names another one. */
  readonly variable?: string;
  /** Where it may be: paths, and names to look for in `PATH`; the first one counts. */
  readonly places: readonly string[];
}

export const programs = {
  chromium: {
    package: "chromium",
    variable: "CHROMIUM_PATH",
    places: ["/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
  },
  firefox: {
    package: "firefox-esr",
    variable: "FIREFOX_PATH",
    places: ["/usr/bin/firefox-esr", "firefox-esr", "firefox"],
  },
  webKitWebDriver: { package: "webkit2gtk-driver", places: ["WebKitWebDriver"] },
  // Not in PATH; the driver's package depends on the one that holds it, whose name has changed.
  miniBrowser: {
    package: "webkit2gtk-driver",
    places: ["webkit2gtk-4.1/MiniBrowser", "webkitgtk-6.0/MiniBrowser"].flatMap((path) =>
      foldersIn("/usr/lib").map((folder) => join(folder, path)),
    ),
  },
  xvfb: { package: "xvfb", places: ["Xvfb"] },
  nginx: { package: "nginx", places: ["nginx", "/usr/sbin/nginx"] },
  redisServer: { package: "redis-server", places: ["redis-server"] },
  php: { package: "php-cli", places: ["php"] },
  // For the certificate of nginx: browsers speak HTTP/2 over TLS only.
  openssl: { package: "openssl", places: ["openssl"] },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

export const chromiumPath = (): string => pathOf("chromium");
export const firefoxPath = (): string => pathOf("firefox");
export const webKitWebDriverPath = (): string => pathOf("webKitWebDriver");
export const miniBrowserPath = (): string => pathOf("miniBrowser");
export const xvfbPath = (): string => pathOf("xvfb");
export const nginxPath = (): string => pathOf("nginx");
export const redisServerPath = (): string => pathOf("redisServer");

/** The program of this machine, if there is one: what its variable says where that is set, else the first place. */
export function find(name: ProgramName, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { variable, places }: Program = programs[name];
  const given = variable && env[variable];
  if (given) return isExecutable(given) ? given : undefined;
  const folders = (env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return places
    .flatMap((place) => (place.includes("/") ? [place] : folders.map((folder) => join(folder, place))))
    .find(isExecutable);
}

function pathOf(name: ProgramName): string {
  const path = find(name);
  if (path === undefined)
    throw new Error(`No ${programs[name].package} found: node test/setup/ensure-system.mjs says what to do`);
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path).map((name) => join(path, name));
  } catch {
    return [];
  }
}
