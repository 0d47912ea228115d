// SPDX-License-Identifier: Apache-2.0
// Where somebody begins: who may set the centre up, and finds it empty, at the first steps.
import { useQuery } from '@tanstack/react-query';
import { Navigate } from 'react-router-dom';
import { api, ok } from '../api/client';
import { useSession } from '../api/session';
import { NotAllowed } from './Missing';
import { homeOf, maySetUp } from './routes';

export function Home() {
  const session = useSession();
  const asks = maySetUp(session);
  const config = useQuery({ queryKey: ['config'], queryFn: () => ok(api.GET('/api/v1/config')), enabled: asks, retry: 1 });
  const home = homeOf(session);
  if (asks && config.isPending) return null;
  if (asks && config.data && !config.data.config?.numbers.length) return <Navigate to="/setup" replace />;
  return home ? <Navigate to={home} replace /> : <NotAllowed />;
}
