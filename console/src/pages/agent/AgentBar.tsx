// SPDX-License-Identifier: Apache-2.0
// The agent's own state, in the header of every page.
import { useLiveAgent } from '../../api/live';
import { useSession } from '../../api/session';
import { StateBadge } from '../../parts/StateBadge';
import { Timer } from '../../parts/Timer';
import { msOfUs } from '../../text/format';

export default function AgentBar() {
  const agent = useLiveAgent(useSession().person?.agentId);
  if (!agent) return null;
  return (
    <div style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
      <StateBadge of="agent" state={agent.state} />
      <Timer since={msOfUs(agent.sinceUs)} />
    </div>
  );
}
