// SPDX-License-Identifier: Apache-2.0
// People of each role, made through the API, and the page that describes it.
import { Login } from "../../lib/http";
import { Deployment } from "../../lib/deployment";
import { Page } from "../../lib/openapi";
import { token } from "../../lib/sip";

export interface Someone extends Login { login: string; password: string }

/** A new person; every run makes its own. */
export async function person(deployment: Deployment, roles: string[], agentId = ""): Promise<Someone> {
  const login = `${roles[0]}-${token()}`, password = `pass-${token()}`;
  await deployment.asAdmin("POST", "/people", { person: { login, name: login, agentId, roles, language: "en" }, password });
  return { ...(await deployment.api.login(login, password)), login, password };
}

export async function page(deployment: Deployment): Promise<Page> {
  return (await deployment.api.ask("GET", "/api/v1/openapi.json")).json as Page;
}
