// A whole network of AT Protocol servers on loopback, for tests: a directory of identities, a server
// that holds accounts, and one that indexes posts. Told by lines on its input: every line is answered
// once all servers have taken in what was written. Ends with its input.
import { createInterface } from 'node:readline'
import { TestNetwork } from '@atproto/dev-env'

const network = await TestNetwork.create({
  dbPostgresSchema: 'madoguchi',
  pds: { inviteRequired: false, rateLimitsEnabled: false },
})
console.log(JSON.stringify({ pds: network.pds.url }))
for await (const _ of createInterface({ input: process.stdin })) {
  await network.processAll(20_000)
  console.log('done')
}
process.exit(0)
