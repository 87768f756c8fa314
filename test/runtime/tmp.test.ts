import { credentials, post, webhookFlow, order } from '/work/wt/webhook/test/support/webhook';
import { startNodeRed } from '/work/wt/webhook/test/support/node-red';
it('x', async () => {
  const n = await startNodeRed({ flows: webhookFlow(), credentials });
  console.log(await post(`${n.url}/hook/order.created`));
  console.log(n.statuses.slice(-2), n.log.slice(-1500));
  await n.stop();
});
