// The reference of all options as Markdown, made from the table the program itself parses by. A test holds it equal
// to docs/reference/options.md.

import { type OptionRow, optionRows } from '../server/options/option-table.ts'

/** The whole page. */
export function optionsReference(): string {
  return `${INTRO}\n${optionRows.map(section).join('\n')}`
}

const INTRO = `# Options

This page is made from the schema the program parses by; a test keeps the two equal.

Every option can be given in three ways. A flag goes before the environment, the environment before the config file,
the config file before the default.

- **Flags** of \`systole serve\`: \`--max-message 1MiB\`. A switch needs no value: \`--open\` is \`--open on\`.
- **Environment**: \`SYSTOLE_MAX_MESSAGE=1MiB\`. An empty variable counts as not set; one of \`SYSTOLE_AUTH_…\`, \`SYSTOLE_TLS_…\` and \`SYSTOLE_KEY\` is an error. \`SYSTOLE_CONFIG\` names the config file.
- **Config file**: \`systole.config.ts\` (its default export) or \`systole.config.json\` in the working directory, or
  \`--config FILE\`: \`{ "maxMessage": "1MiB", "log": { "level": "warn" } }\`.

Whatever is not known (a flag, a \`SYSTOLE_…\` variable, a key) is an error that names the nearest known one; the exit
code is 2. A list given in one place replaces the list of the places after it. A \`preset\` sets aside every
\`interval\`, \`timeout\` and \`grace\` that comes from a place after its own.

**Durations** are written \`500ms\`, \`40s\`, \`2m\`, \`1h\`, \`90d\`; a bare number is milliseconds. **Sizes** are written
\`64KiB\`, \`4MiB\`; a bare number is bytes. \`off\` (in a file also \`false\`) disables where an option says so; \`0\` never
means the default.

**Listeners** are written \`[host:]port=dialect\` with \`,key=value\` behind: \`8000=uid,limit=40s,grace=12s\`.

| key | means | for |
|---|---|---|
| \`limit\` | silence after which a member is offline, at least 200ms; \`off\`: silence ends nothing | all but native |
| \`grace\` | how long a broken or closed connection may take to come back; 0: ends at once | all but native |
| \`evidence\` | \`any\`: every frame proves life; \`beat\`: only beats and messages do (default: as the preset says) | native, auto |
| \`ping-interval\` | silence after which \`ping-data\` is sent (default 15s) | gateway |
| \`ping-not-response-limit\` | limit = ping-interval x this (default 1); 0: silence ends nothing | gateway |
| \`ping-data\` | text sent to every silent connection; it may hold commas (default: none is sent) | gateway |
| \`token\` | with auth on, where its connections show their token: \`query\` (\`?token=\`), \`message\` (a field \`token\` of the first JSON message), \`any\` of both (default), \`none\`: they need none, ids are claims | all but native |
| \`host\` | the address, as an alternative to writing it in front | all |

In a config file a listener may also be an object: \`{ "port": 8282, "dialect": "gateway", "pingData": "ping" }\`. In
\`SYSTOLE_LISTEN\` listeners are separated by spaces. A listener on the main port, or on a port of \`--published\`, takes
its place.

**While the server runs** one thing is live: on \`SIGHUP\` the files of \`--tls-cert\` and \`--tls-key\` are read again.
Newcomers are shown the new certificate, connections live on; files that are wrong are an error in the log, and the
certificate from before stays. Every other option, and every file that one names, holds until a restart. Without TLS
\`SIGHUP\` stops the server in order, as \`SIGTERM\` does.

**Limits** per address count IPv6 by its network (/64). Those whose default spares this machine hold for it too once
they are given, and a trusted proxy is never spared, nor whom it calls this machine. What is over a limit is refused or
dropped (a connection or a request that comes too soon: 429 with \`Retry-After\`), and counted; \`/healthz\` and
\`GET /v1/stats\` show the counters:

| limit | counter |
|---|---|
| \`--limits-per-address\` | \`too_many_connections\` |
| \`--limits-per-member\` | \`too_many_connections\` |
| \`--limits-upgrades\` | \`too_many_upgrades\` |
| \`--max-undecided\` | \`too_many_undecided\` |
| \`--rate-per-second\`, \`--rate-burst\` | \`rate_dropped\` |
| \`--limits-bytes\` | \`bytes_dropped\` |
| \`--max-queued\` | \`slow_cut\` |
| \`--max-message\` | \`message_too_large\` |
| \`--limits-profile\`, said by a connection | \`bad_input_too_large\` |
| \`--limits-watched\`, \`--limits-groups\`, asked by a connection | \`bad_input_too_many\` |
| \`--limits-profile\`, \`--limits-groups\`, by a request | \`bad_data\`, \`too_many_groups\`; a list of members says of each what became of it |
| \`--limits-updates\` | \`updates_merged\`: told with the next one |
| \`--limits-body\` | \`too_large\` |
| \`--limits-requests\` | \`too_many_requests\` |
| \`--limits-failures\` | \`too_many_failures\` (requests), \`unavailable\` (connections) |
| a key or token that will not do | \`no_key\`, \`bad_key\`, \`missing_scope\`, \`beyond_rights\`, \`banned\` (requests), \`unauthorized\`, \`banned\` (connections) |
| host or origin that may not come (\`--open\`, \`--origin\`) | \`refused\` |

Log and banner go to standard output; errors that end the program go to standard error as one line each. Exit codes:
0 stopped in order, 1 it broke or was told to stop twice, 2 an option, a config file or a port that cannot be.
`

function section({ flag, env, key, meta, fallback }: OptionRow): string {
  const repeat =
    meta.many === undefined ? '' : ` May be given many times; in \`${env}\` separated by ${meta.many}.`
  const written = meta.value === '' ? flag : `${flag} ${meta.value}`
  return `## \`${written}\`

${meta.about}${repeat}

- environment: \`${env}\`
- config file: \`${key}\`
- default: ${fallback.includes(' ') ? fallback : `\`${fallback}\``}
`
}
