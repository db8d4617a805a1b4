// What the console makes of an app in trouble: silence, refusals, and answers that break off.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { makeApi } from "../../../rollout/console/js/api.js";

const JSON_TYPE = { "Content-Type": "application/json" };
const ok = (data) => new Response(JSON.stringify(data), { headers: JSON_TYPE });
const down = () => new Response('{"detail": "The storage does not answer."}', { status: 503, headers: JSON_TYPE });
const brokenOff = () => new Response('{"order": {"te', { headers: JSON_TYPE });

let answers = {};
let asked = [];

beforeEach(() => {
  answers = {};
  asked = [];
  globalThis.sessionStorage = { getItem: () => "", setItem() {}, removeItem() {} };
  globalThis.fetch = async (address) => {
    const path = String(address).split("/rollout/").at(-1);
    asked.push(path);
    const answer = answers[path];
    if (!answer) throw new TypeError("Failed to fetch");
    return answer();
  };
});

test("an order whose answer breaks off may have been carried out, and is told so", async () => {
  const api = makeApi();
  answers["rollouts/a/pause"] = brokenOff;

  await assert.rejects(api.post("rollouts/a/pause", {}, "once"), (error) => error.passing && error.status === 0);
  assert.ok(api.silentSince > 0);
});

test("an app that lives, but refuses a view, is not back before it shows that view", async () => {
  const api = makeApi();
  let told = 0;
  answers = { "rollouts/a": down, "rollouts/b": () => ok({}), health: () => ok({}) };
  await assert.rejects(api.get("rollouts/a"));
  const since = api.silentSince;
  api.subscribe(() => (told += 1));
  await api.get("rollouts/b");
  await api.reach();
  assert.equal(api.silentSince, since);
  assert.equal(api.refusing, true);
  assert.equal(told, 0);
  assert.equal(asked.at(-1), "rollouts/a");

  answers["rollouts/a"] = () => ok({});
  await api.reach();
  assert.equal(api.silentSince, 0);
  assert.equal(told, 1);
});

test("an app that was gone is back with its first answer", async () => {
  const api = makeApi();
  await assert.rejects(api.get("rollouts/a"));
  assert.equal(api.refusing, false);
  answers.health = () => ok({});
  await api.reach();

  assert.equal(api.silentSince, 0);
});

test("an answer that is no JSON is none", async () => {
  const api = makeApi();
  answers["rollouts/a"] = () => new Response("<html>Sign in to this network</html>");

  await assert.rejects(api.get("rollouts/a"), (error) => error.passing);
});
