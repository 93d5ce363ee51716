// The made parts of docs/reference/http.md: the table of problems, the table of routes and a section for each of them, out
// of what the program itself goes by.

import { openApiOf } from '../../src/http/openapi.ts'
import { PROBLEMS } from '../../src/http/problem.ts'
import type { Route } from '../../src/http/route.ts'
import type { JsonSchema } from './json-arbitrary.ts'

interface Field extends JsonSchema {
  readonly description?: string
  readonly default?: unknown
}

interface Answer {
  readonly $ref?: string
  readonly description: string
  readonly content?: Record<string, { readonly schema: Field }>
}

interface Operation {
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters?: readonly {
    name: string
    in: string
    description?: string
    required: boolean
    schema: Field
  }[]
  readonly requestBody?: { required: boolean; content: Record<string, { schema: Field }> }
  readonly responses: Record<string, Answer>
}

interface Document {
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, Field> }
}

/** Each made part by the name of its marks. */
export function httpReference(
  routes: readonly Route[],
): Record<'problems' | 'routes' | 'reference' | 'shapes', string> {
  const spec = openApiOf(routes, '0') as unknown as Document
  return {
    problems: tableOf(
      ['status', '`code`', 'when'],
      Object.entries(PROBLEMS)
        .sort(([, a], [, b]) => a.status - b.status)
        .map(([code, { status, when }]) => [String(status), `\`${code}\``, when]),
    ),
    routes: tableOf(
      ['', 'takes', ''],
      inOrder(spec, routes).map(({ method, path, scope, token, summary }) => [
        `[\`${method.toUpperCase()} ${path}\`](#${anchorOf(method, path)})`,
        scope === null ? '-' : `\`${scope}\`${token === true ? ', or a token' : ''}`,
        summary,
      ]),
    ),
    reference: inOrder(spec, routes)
      .map(route => section(route, spec.paths[route.path]![route.method]!))
      .join('\n'),
    shapes: Object.entries(spec.components.schemas)
      .filter(([name]) => name !== 'Problem')
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, schema]) => `### ${name}\n\n${fieldTable(schema)}`)
      .join('\n'),
  }
}

function inOrder(spec: Document, routes: readonly Route[]): readonly Route[] {
  return spec.tags.flatMap(({ name }) => routes.filter(({ tag }) => tag === name))
}

/** As the sites that show such pages make it of a heading. */
function anchorOf(method: string, path: string): string {
  return `${method} ${path}`
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}

function section({ method, path, scope, token }: Route, operation: Operation): string {
  const { summary, description, parameters = [], requestBody, responses } = operation
  const takes =
    scope === null
      ? 'Takes no key.'
      : `Takes \`${scope}\`${token === true ? ', or the token of a member' : ''}.`
  const parts = [
    `### \`${method.toUpperCase()} ${path}\`\n`,
    `${summary}. ${description === undefined ? '' : `${description} `}${takes}\n`,
  ]
  const inQuery = parameters.filter(parameter => parameter.in === 'query')
  if (inQuery.length > 0)
    parts.push(
      tableOf(
        ['parameter', '', ''],
        inQuery.map(({ name, description = '', schema }) => [`\`${name}\``, typeOf(schema), description]),
      ),
    )
  if (requestBody !== undefined) {
    const [{ schema }] = Object.values(requestBody.content) as [{ schema: Field }]
    const types = Object.keys(requestBody.content).map(type => `\`${type}\``)
    const optional = requestBody.required ? '' : ', which may be left out'
    parts.push(`Body (${types.join(' or ')}${optional}):${whatOf(schema)}`)
  }
  for (const [status, answer] of Object.entries(responses)) {
    if (answer.$ref !== undefined) continue
    const [type, content] = Object.entries(answer.content ?? {})[0] ?? []
    const named = type === undefined || type === 'application/json' ? '' : ` (\`${type}\`)`
    const what = content?.schema === undefined ? '\n' : `:${whatOf(content.schema)}`
    parts.push(`**${status}**${named} ${answer.description}${what}`)
  }
  return parts.map(part => (part.endsWith('\n') ? part : `${part}\n`)).join('\n')
}

// Named shapes stand in a section of their own.
function whatOf(schema: Field): string {
  if (schema.$ref !== undefined || schema.anyOf !== undefined || schema.properties === undefined)
    return ` ${typeOf(schema)}${schema.description === undefined ? '' : `, ${schema.description}`}\n`
  return `\n\n${fieldTable(schema)}`
}

function fieldTable(schema: Field): string {
  const rows = fieldRows(schema, '')
  return rows.length === 0 ? `${typeOf(schema)}\n` : tableOf(['field', '', ''], rows)
}

// What has no name of its own is told where it stands: `members[].id`. Of several kinds of object, each field once.
function fieldRows({ properties = {}, required = [], anyOf = [] }: Field, before: string): string[][] {
  const own = Object.entries(properties as Record<string, Field>).flatMap(([name, field]) => {
    const choices = (field.anyOf ?? [field]) as readonly Field[]
    const inner = choices.flatMap(choice => {
      const list = choice.type === 'array'
      const items = (list ? choice.items : choice) as Field | undefined
      return fieldRows(items ?? {}, `${before}${name}${list ? '[]' : ''}.`)
    })
    const row = [
      `\`${before}${name}\`${required.includes(name) ? '' : '?'}`,
      typeOf(field),
      field.description ?? '',
    ]
    return [row, ...inner]
  })
  const rows = [...own, ...anyOf.flatMap(choice => fieldRows(choice, before))]
  return rows.filter(([name], place) => rows.findIndex(([other]) => other === name) === place)
}

function typeOf(schema: Field): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1)!
    return `[${name}](#${name.toLowerCase()})`
  }
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return [...new Set(choices.map(choice => typeOf(choice)))].join(' or ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum !== undefined) return schema.enum.map(word => `\`${word}\``).join(' ')
  const types = [schema.type ?? 'anything'].flat()
  const names = types.map(type => (type === 'array' ? `list of ${typeOf(schema.items ?? {})}` : type))
  return names.join(' or ') + rangeOf(schema)
}

function rangeOf({ minimum, maximum, default: otherwise }: Field): string {
  const from = minimum === undefined ? '' : `${number(minimum)}`
  const to = maximum === undefined ? '' : `${number(maximum)}`
  const range = from === '' && to === '' ? '' : to === '' ? `, from ${from}` : `, ${from} to ${to}`
  return otherwise === undefined ? range : `${range}; ${otherwise} unless given`
}

function number(value: number): string {
  return value.toLocaleString('en')
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|')
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return `${[line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')}\n`
}
