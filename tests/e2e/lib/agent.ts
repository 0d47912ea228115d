// SPDX-License-Identifier: Apache-2.0
// An agent's desk in a browser, as a person uses it.
import { Page } from "playwright-core";
import { Deployment } from "../../lib/deployment";
import { until } from "../../lib/wait";
import { Desks, Look, Seat } from "./browser";

export class AgentDesk {
  private constructor(readonly seat: Seat, readonly id: string, private readonly deployment: Deployment) {}
  get page(): Page {
    return this.seat.page;
  }

  /** A person who is this agent, at the desk, at work but not ready. */
  static async open(desks: Desks, id: string, phone: "browser" | "desk", look: Look = {}): Promise<AgentDesk> {
    const { deployment } = desks;
    await logOut(deployment, id);
    const seat = await desks.seat(["agent"], "/agent", { ...look, agentId: id }), self = new AgentDesk(seat, id, deployment);
    await self.page.getByRole("main").getByRole("button", { name: "Start work" }).click();
    await self.is("Not ready");
    await self.choosePhone(phone);
    return self;
  }
  async choosePhone(phone: "browser" | "desk"): Promise<void> {
    const name = phone === "desk" ? "On my desk phone" : "In this browser", choice = this.page.getByRole("radio", { name });
    if (!(await choice.first().isChecked())) await this.page.getByText(name, { exact: true }).first().click();
  }
  /** What the desk says of one's own state. */
  async is(state: string, ms = 8000): Promise<void> {
    await this.page.getByRole("button", { name: new RegExp(`^Change my state: ${state}`) }).waitFor({ timeout: ms });
  }
  async beReady(): Promise<void> {
    await this.page.getByRole("main").getByRole("button", { name: /^Be ready/ }).click();
  }
  button(name: string | RegExp): ReturnType<Page["getByRole"]> {
    return this.page.getByRole("button", { name });
  }
  /** In the panel of the call. */
  get call(): ReturnType<Page["getByRole"]> {
    return this.page.getByRole("region", { name: "Call", exact: true });
  }
  async choose(field: string, value: string): Promise<void> {
    await this.page.getByRole("textbox", { name: field }).click();
    await this.page.getByRole("option", { name: value }).click();
  }
  view(): Promise<any> {
    return viewOf(this.deployment, this.id);
  }
  async leave(): Promise<void> {
    await logOut(this.deployment, this.id);
  }
}

export async function viewOf(deployment: Deployment, id: string): Promise<any> {
  return (await deployment.asAdmin("GET", "/agents")).agents.find((agent: any) => agent.agentId === id) ?? {};
}
/** Whatever a story that failed has left. */
export function logOut(deployment: Deployment, id: string): Promise<unknown> {
  return until(`${id} logged out`, 15000, async () => {
    const view = await viewOf(deployment, id);
    if (!view.state || view.state === "AGENT_LOGGED_OUT") return true;
    if (["AGENT_TALKING", "AGENT_HOLDING", "AGENT_RINGING"].includes(view.state)) await deployment.asAdmin("POST", `/contacts/${view.contactId}/hang-up?agentId=${id}`, {});
    else if (view.state === "AGENT_AFTER_CALL_WORK") await deployment.asAdmin("POST", `/agents/${id}/end-after-call-work`, {});
    else await deployment.asAdmin("POST", `/agents/${id}/logout`, {});
    return false;
  }, 200);
}
