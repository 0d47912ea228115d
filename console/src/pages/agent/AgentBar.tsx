// SPDX-License-Identifier: Apache-2.0
// The agent's own state, phone and call, in the header of every page; keeps the phone on.
import { Button } from '@mantine/core';
import { IconPhoneIncoming } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useLocation, useNavigate } from 'react-router-dom';
import { useLiveContact } from '../../api/live';
import { titleAhead } from '../../app/title';
import { useFormat, useText } from '../../text';
import { agentText } from '../../text/agent';
import { phoneText } from '../../text/phone';
import { usePhone } from '../../phone/phone';
import classes from './agent.module.css';
import { useCallNotice } from './notice';
import { useOwn, usePhoneWhileAtWork } from './own';
import { PhoneLine } from './PhoneLine';
import { StateMenu } from './StateMenu';

export default function AgentBar() {
  const t = useText(agentText);
  const phoneWords = useText(phoneText);
  const format = useFormat();
  const own = useOwn();
  const phone = usePhone();
  const contact = useLiveContact(own?.contactId);
  const { pathname } = useLocation();
  const navigate = useNavigate();
  usePhoneWhileAtWork(own);
  const rings = own?.state === 'AGENT_RINGING' || own?.state === 'AGENT_RESERVED';
  const caller = format.phone(contact?.caller);
  useEffect(() => {
    titleAhead(rings ? `${t.call.title} ${caller}` : '');
    return () => titleAhead('');
  }, [rings, caller, t]);
  useCallNotice(rings, t.call.incoming, caller);
  // The desk comes up with the call; who is in the middle of a change of the configuration is only told.
  const contactId = own?.contactId ?? '';
  const stays = /^\/(agent|admin|setup)/.test(pathname);
  useEffect(() => {
    if (rings && contactId && !stays) navigate('/agent');
  }, [rings, contactId]);
  if (!own) return null;
  const elsewhere = pathname !== '/agent' && own.contactId !== '';
  return (
    <div className={classes.bar}>
      <StateMenu own={own} />
      <PhoneLine own={own} />
      {phone.soundBlocked ? <span className={classes.wished}>{phoneWords.soundBlocked}</span> : null}
      {elsewhere ? (
        <Button size="xs" color={rings ? 'orange' : 'sea'} variant={rings ? 'filled' : 'light'} leftSection={<IconPhoneIncoming size={15} />} onClick={() => navigate('/agent')}>
          {rings ? t.call.incoming : t.title}
        </Button>
      ) : null}
    </div>
  );
}
