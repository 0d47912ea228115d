// SPDX-License-Identifier: Apache-2.0
import { Tooltip } from '@mantine/core';
import { IconPlugConnectedX, IconRefresh } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { reconnectNow, useConnection } from '../api/live';
import { useSession } from '../api/session';
import { useText } from '../text';
import classes from './Connection.module.css';

export function ConnectionDot() {
  const t = useText();
  const connection = useConnection();
  if (!useSession().permissions.has('LIVE_READ')) return null;
  return (
    <Tooltip label={t.connection[connection]}>
      <span className={classes.dot} data-is={connection} role="img" aria-label={t.connection[connection]} />
    </Tooltip>
  );
}
/** Says when the connection is lost or silent, and when it is back. */
export function ConnectionBanner() {
  const t = useText();
  const connection = useConnection();
  const [back, setBack] = useState(false);
  const before = useRef(connection);
  useEffect(() => {
    const was = before.current;
    before.current = connection;
    if (connection !== 'live' || was !== 'lost') return setBack(false);
    setBack(true);
    const timer = setTimeout(() => setBack(false), 3000);
    return () => clearTimeout(timer);
  }, [connection]);
  const bad = connection === 'lost' || connection === 'stale';
  return (
    <div role="status" aria-live="polite">
      {bad ? (
        <div className={classes.banner} data-is={connection}>
          <IconPlugConnectedX size={17} aria-hidden />
          <strong>{connection === 'lost' ? t.connection.lost : t.connection.stale}</strong>
          <span className={classes.more}>{connection === 'lost' ? t.connection.lostMore : t.connection.staleMore}</span>
          <button type="button" className={classes.now} onClick={reconnectNow}>
            <IconRefresh size={14} aria-hidden />
            {t.connection.now}
          </button>
        </div>
      ) : back ? (
        <div className={classes.banner} data-is="live">
          {t.connection.back}
        </div>
      ) : null}
    </div>
  );
}
