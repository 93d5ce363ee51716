// The four pages: put together once, served from memory, each allowed to run exactly the script and style it was
// written with (CSP by hash) and the SDK of this server. They load nothing from anywhere else.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SECURITY_HEADERS } from './reply.ts'

/** Path of each page, and how to answer with it. */
export function loadPages(): [path: string, answer: () => Response][] {
  const frame = read('demo-frame.html')
  return [
    ['/', pageOf(read('home.html'))],
    ['/docs', pageOf(read('docs.html'))],
    ['/demo/user', pageOf(framed(frame, read('demo-user.html')))],
    ['/demo/admin', pageOf(framed(frame, read('demo-admin.html')))],
  ]
}

// The demo pages share a frame: each brings only its own title, style, main part and script, where the frame has a
// comment or a text that names them.
function framed(frame: string, page: string): string {
  const place = /(?:<!--|\/\*|\/\/) {{(style|main|script)}}(?: -->| \*\/)?|{{(title)}}/g
  return frame.replace(place, (_, part, text) => inside(page, part ?? text))
}

function inside(html: string, tag: string): string {
  const found = new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`).exec(html)
  if (found === null) throw new Error(`a demo page has no <${tag}>`)
  return found[1]!.trim()
}

// A new answer each time: clones of one would hang on each other's streams.
function pageOf(html: string): () => Response {
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy': policyOf(html),
  }
  return () => new Response(html, { headers })
}

function policyOf(html: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes(html, 'script')}`,
    "worker-src 'self'",
    `style-src ${hashes(html, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
}

function hashes(html: string, tag: 'script' | 'style'): string {
  const found = [...html.matchAll(new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))]
  return found.map(([, text]) => `'sha256-${createHash('sha256').update(text!).digest('base64')}'`).join(' ')
}

function read(file: string): string {
  return readFileSync(new URL(`./pages/${file}`, import.meta.url), 'utf8')
}
