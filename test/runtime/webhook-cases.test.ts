import { bodyCases } from '../support/webhook-cases/body';
import { deliveryCases } from '../support/webhook-cases/delivery';
import { httpCases } from '../support/webhook-cases/http';
import { signatureCases } from '../support/webhook-cases/signature';
import { setups, Stand } from '../support/webhook-cases/stand';

for (const setup of setups) {
  describe(`the webhook node with ${setup.name}`, () => {
    let stand: Stand;
    before(async () => {
      stand = await Stand.start(setup);
    });
    after(() => stand.nodeRed.stop());
    beforeEach(() => stand.forget());

    describe('signature header', () => signatureCases(() => stand));
    describe('body', () => bodyCases(() => stand));
    describe('HTTP and routing', () => httpCases(() => stand));
    describe('delivery', () => deliveryCases(() => stand));
  });
}
