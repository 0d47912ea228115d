// SPDX-License-Identifier: Apache-2.0
// What a browser meets before it logs in: the certificate and its change, the way from http to https, the console's files.
import { after, test } from "node:test";
import * as assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tls from "node:tls";
import { Deployment, run } from "../../lib/deployment";
import { Answer, Http } from "../../lib/http";
import { until, within } from "../../lib/wait";

const deployment = new Deployment(), api = deployment.api;
const plain = new Http(api.host, api.port);
const secrets = join(deployment.varDir, "secrets/tls"), built = existsSync(join(deployment.tree, "build/console/dist/index.html"));
after(() => {
  plain.end();
  api.end();
});

interface Peer { serial: string; issuer: string; protocol: string; alpn: string | false; authorized: boolean }
function handshake(options: { minVersion?: string; maxVersion?: string; ALPNProtocols?: string[] } = {}): Promise<Peer> {
  return within("a handshake", 5000, new Promise((resolve, reject) => {
    const socket = tls.connect({ host: api.host, port: api.port, ca: api.ca, ...options });
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      const { serialNumber, issuer } = socket.getPeerCertificate();
      resolve({ serial: serialNumber, issuer: issuer["CN"] ?? "", protocol: socket.getProtocol(), alpn: socket.alpnProtocol, authorized: socket.authorized });
      socket.destroy();
    });
  }));
}

test("the certificate is of the local authority; TLS 1.2 and newer, HTTP/1.1 only", async () => {
  const peer = await handshake({ ALPNProtocols: ["h2", "http/1.1"] });
  assert.deepEqual([peer.authorized, peer.alpn, peer.protocol], [true, "http/1.1", "TLSv1.3"]);
  assert.match(peer.issuer, /^Farseat local authority/);
  assert.equal((await handshake({ maxVersion: "TLSv1.2" })).protocol, "TLSv1.2");
  const old = await handshake({ minVersion: "TLSv1", maxVersion: "TLSv1.1" }).then((seen) => seen.protocol, () => "refused");
  assert.equal(old, "refused");
  const key = (await run("stat", ["-c", "%a", join(secrets, "ca.key"), join(secrets, "server.key")])).out.split("\n");
  assert.deepEqual(key.slice(0, 2), ["600", "600"], "keys are their owner's");
});

test("http is sent to https, with its path; what would be sent in the clear is refused", async () => {
  const page = await plain.ask("GET", "/contacts/a-1");
  assert.deepEqual([page.status, page.headers["location"]], [301, `https://${api.host}:${api.port}/contacts/a-1`]);
  const split = await plain.ask("GET", "/a%0d%0aset-cookie:x");
  assert.ok(/^https:\/\/[0-9.:]+\/a?$/.test(split.headers["location"] ?? "") && split.cookies.length === 0, split.headers["location"]);
  assert.equal((await plain.ask("GET", "//evil.example/x")).headers["location"]?.startsWith(`https://${api.host}:${api.port}/`), true);
  assert.equal((await plain.ask("GET", "/", { headers: { host: "a\tb" } }).catch(() => ({ status: 403 }) as Answer)).status, 403);
  const login = await plain.ask("POST", "/api/v1/login", { body: { login: "admin", password: deployment.adminPassword() } });
  assert.equal(login.status, 403);
  assert.equal((await plain.ask("GET", "/api/v1/openapi.json")).status, 301);
});

test("an authority's challenge is answered without TLS, and nothing else of that folder", async () => {
  const folder = join(deployment.varDir, "acme/.well-known/acme-challenge");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "tok-en_1"), "tok-en_1.thumbprint");
  writeFileSync(join(folder, "large"), "x".repeat(5000));
  writeFileSync(join(deployment.varDir, "acme/outside"), "secret");
  const there = await plain.ask("GET", "/.well-known/acme-challenge/tok-en_1");
  assert.deepEqual([there.status, there.text], [200, "tok-en_1.thumbprint"]);
  assert.equal((await api.ask("GET", "/.well-known/acme-challenge/tok-en_1")).text, "tok-en_1.thumbprint", "with TLS, too");
  for (const token of ["nothing", "large", "", "..%2f..%2foutside", "%2e%2e/outside", "a.b", "x".repeat(200)]) {
    const answer = await plain.ask("GET", `/.well-known/acme-challenge/${token}`);
    assert.ok([301, 404].includes(answer.status) && !answer.text.includes("secret"), `${token}: ${answer.status}`);
  }
  rmSync(join(deployment.varDir, "acme"), { recursive: true });
});

test("a new certificate is taken while connections go on; one that does not fit is not", async () => {
  const names = ["server.pem", "server.key"].map((name) => join(secrets, name)), before = await handshake();
  const keptOpen = new Http(api.host, api.port, api.ca);
  await keptOpen.ask("GET", "/api/v1/openapi.json");
  const openssl = async (...args: string[]): Promise<void> => {
    const ran = await run("openssl", args);
    assert.equal(ran.code, 0, ran.err);
  };
  for (const name of names) copyFileSync(name, `${name}.kept`);
  try {
    const [pem, key] = names.map((name) => `${name}.new`) as [string, string], extensions = join(secrets, "new.ext");
    await openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key); // of another kind, too
    await openssl("req", "-new", "-key", key, "-subj", "/CN=new", "-out", `${pem}.csr`);
    writeFileSync(extensions, "subjectAltName = IP:127.0.0.1\n");
    await openssl("x509", "-req", "-in", `${pem}.csr`, "-CA", join(secrets, "ca.pem"), "-CAkey", join(secrets, "ca.key"), "-set_serial", "0x77", "-days", "2",
      "-extfile", extensions, "-out", pem);
    renameSync(pem, names[0] as string); // for a moment it does not fit the key that is there
    await until("the complaint about a pair that does not fit", 10000, async () => /certificate[^}]*do not belong together/.test((await deployment.look("gateway", "/readyz")).text), 200);
    assert.equal((await handshake()).serial, before.serial, "the former pair is in use");
    renameSync(key, names[1] as string);
    await until("the new certificate", 10000, async () => (await handshake()).serial === "77", 200);
    assert.equal((await keptOpen.ask("GET", "/api/v1/openapi.json")).status, 200, "what was open goes on");
    assert.match((await deployment.look("gateway", "/readyz")).text, /ends in [012] days/, "that it ends soon is said");
    for (const file of [`${pem}.csr`, extensions]) rmSync(file);
  } finally {
    for (const name of names) renameSync(`${name}.kept`, name);
  }
  await until("the former certificate again", 10000, async () => (await handshake()).serial === before.serial, 200);
  keptOpen.end();
});

test("every answer tells a browser what it must not do", async () => {
  const page = await api.ask("GET", "/"), json = await api.ask("GET", "/api/v1/me");
  for (const answer of [page, json]) {
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
    assert.equal(answer.headers["referrer-policy"], "no-referrer");
    assert.match(answer.headers["content-security-policy"] ?? "", /frame-ancestors 'none'/);
    assert.equal(answer.headers["strict-transport-security"], undefined, "not with an authority of one's own");
  }
  assert.match(json.headers["content-security-policy"] ?? "", /^default-src 'none'/);
  assert.equal(json.headers["cache-control"], "no-store");
});

test("without a build a page says how to make it", { skip: built ? "the console is built" : false }, async () => {
  const page = await api.ask("GET", "/agent");
  assert.equal(page.status, 503);
  assert.match(page.text, /not built.*farseat up/s);
});

test("the console's pages and files: compressed, kept by their names, asked again by their tags", { skip: built ? false : "the console is not built" }, async () => {
  const page = await api.ask("GET", "/"), deep = await api.ask("GET", "/admin/queues");
  assert.deepEqual([page.status, deep.status, deep.text], [200, 200, page.text]);
  assert.equal(page.text, readFileSync(join(deployment.tree, "build/console/dist/index.html"), "utf8"));
  assert.equal(page.headers["cache-control"], "no-cache");
  assert.match(page.headers["content-security-policy"] ?? "", /script-src 'self';.*connect-src 'self';.*frame-ancestors 'none'/);
  assert.match(page.headers["permissions-policy"] ?? "", /microphone=\(self\)/);
  const again = await api.ask("GET", "/", { headers: { "if-none-match": page.headers["etag"] ?? "" } });
  assert.deepEqual([again.status, again.text], [304, ""]);
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(page.text)?.[1] ?? "";
  const whole = await api.ask("GET", script), small = await api.ask("GET", script, { headers: { "accept-encoding": "gzip, deflate, br" } });
  assert.deepEqual([whole.status, small.status], [200, 200]);
  assert.match(whole.headers["cache-control"] ?? "", /immutable/);
  assert.deepEqual([small.headers["content-encoding"], small.headers["vary"], small.headers["content-type"]], ["br", "accept-encoding", "text/javascript; charset=utf-8"]);
  assert.ok(small.body.length < whole.body.length / 2, `${small.body.length} of ${whole.body.length}`);
  assert.notEqual(small.headers["etag"], whole.headers["etag"]);
  const head = await api.ask("HEAD", script);
  assert.deepEqual([head.status, head.text, head.headers["content-length"]], [200, "", String(whole.body.length)]);
  assert.equal((await api.ask("POST", "/")).status, 405);
  assert.equal((await api.ask("GET", "/assets/none.js")).status, 404);
  const many = await Promise.all(Array.from({ length: 40 }, () => api.ask("GET", script)));
  assert.ok(many.every((answer) => answer.body.equals(whole.body)), "forty at once get the same");
});
