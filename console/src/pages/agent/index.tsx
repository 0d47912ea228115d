// SPDX-License-Identifier: Apache-2.0
import { Page } from '../../parts/Page';
import { useText } from '../../text';

export default function AgentDesk() {
  const t = useText();
  return <Page title={t.nav.agent} wide>{null}</Page>;
}
