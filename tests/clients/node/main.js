// The main job in JavaScript, over TLS: a team, an invitation, its link, a bulk import, and a refusal with its reason.
//
//     npm install --prefix tests/clients/node
//     MUSTER_ADDRESS=team.example.org:50051 MUSTER_CA=ca.pem MUSTER_KEY=mst_... node main.js OUTBOX
//
// OUTBOX is the folder where the server puts its letters (`--mail file:OUTBOX`); a person would read them in a mail program.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

import { reasonOf } from './refusal.js';

const outbox = process.argv[2];
const proto = fileURLToPath(new URL('../../../proto', import.meta.url));
const services = ['team_service', 'user_service', 'invitation_service'];
const definition = loader.loadSync(
  services.map((name) => `muster/v1/${name}.proto`),
  { includeDirs: [proto], keepCase: true, longs: Number, enums: String, defaults: true },
);
const { muster } = grpc.loadPackageDefinition(definition);

// Both are part of every call.
const authority = grpc.credentials.createSsl(readFileSync(process.env.MUSTER_CA));
const key = grpc.credentials.createFromMetadataGenerator((_, done) => {
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${process.env.MUSTER_KEY}`);
  done(null, metadata);
});
const credentials = grpc.credentials.combineChannelCredentials(authority, key);
const client = (name) => new muster.v1[name](process.env.MUSTER_ADDRESS, credentials);
const teams = client('TeamService');
const users = client('UserService');
const invitations = client('InvitationService');

// One call, with a deadline, as every call should have one.
function call(service, method, request, seconds = 5) {
  const deadline = new Date(Date.now() + seconds * 1000);
  return promisify(service[method]).call(service, request, { deadline });
}

// Rows, as a stream of parts: header, rows, end. Nothing happens without `end`.
function importUsers(header, rows) {
  return new Promise((resolve, reject) => {
    const deadline = new Date(Date.now() + 60_000);
    const stream = users.ImportUsers({ deadline }, (error, answer) => (error ? reject(error) : resolve(answer)));
    stream.write({ header });
    stream.write({ rows: { rows } });
    stream.write({ end: { row_count: rows.length } });
    stream.end();
  });
}

// The token in the newest letter to an address: the last part of its link. Letters are quoted-printable.
async function tokenOf(address) {
  for (let look = 0; look < 300; look += 1) {
    for (const file of readdirSync(outbox).sort().reverse()) {
      const letter = readFileSync(join(outbox, file), 'latin1').replaceAll('=\r\n', '');
      if (file.endsWith('.eml') && letter.includes(`<${address}>`)) {
        return letter.match(/\/invitations\/([\w-]{43})/)[1];
      }
    }
    await sleep(100);
  }
  throw new Error(`no letter to ${address}`);
}

const { team } = await call(teams, 'CreateTeam', {
  display_name: 'Node',
  primary_admin: { email: 'ada@node.example', given_name: 'Ada', family_name: 'Lovelace' },
});

const invited = await call(invitations, 'CreateInvitation', {
  team_id: team.id,
  email: 'grace@node.example',
  given_name: 'Grace',
  family_name: 'Hopper',
  role: 'ROLE_SECONDARY_ADMIN',
});
assert.equal(invited.outcome, 'IMPORT_OUTCOME_INVITED');

const token = await tokenOf('grace@node.example');
assert.equal((await call(invitations, 'PeekInvitation', { token })).team_display_name, 'Node');
const { member } = await call(invitations, 'AcceptInvitation', { token });
assert.equal(member.state, 'MEMBER_STATE_ACTIVE');
assert.ok(member.user.enabled);

// With an import id a call whose outcome is unknown can simply be made again.
const { results } = await importUsers({ team_id: team.id, import_id: 'spring' }, [
  { given_name: 'Barbara', family_name: 'Liskov', email: 'barbara@node.example' },
  { given_name: 'Grace', family_name: 'Hopper', email: 'Grace@Node.example' },
  { given_name: 'Edsger', family_name: 'Dijkstra', email: 'edsger at node' },
]);
const outcomes = results.map((result) => result.outcome.replace('IMPORT_OUTCOME_', ''));
assert.deepEqual(outcomes, ['INVITED', 'ALREADY_MEMBER', 'INVALID']);
assert.equal(results[2].violations[0].field, 'email');

const { members } = await call(teams, 'ListMembers', { team_id: team.id });
const listed = members.map((each) => each.user.email);
assert.deepEqual(listed, ['ada@node.example', 'grace@node.example', 'barbara@node.example']);

const refusal = await call(invitations, 'DeclineInvitation', { token }).catch((error) => error);
assert.equal(refusal.code, grpc.status.FAILED_PRECONDITION);
assert.equal(reasonOf(refusal), 'INVITATION_ACCEPTED');

console.log('node: a team, an invitation accepted, an import of', outcomes.join(', '), 'and', reasonOf(refusal));
for (const service of [teams, users, invitations]) service.close();
