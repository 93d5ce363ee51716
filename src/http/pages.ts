// The three pages: read once, served from memory, each allowed to run exactly the script and style it was written
// with (CSP by hash). They load nothing from anywhere else.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SECURITY_HEADERS } from './reply.ts'

const FILES = { '/': 'home.html', '/demo/user': 'demo-user.html', '/demo/admin': 'demo-admin.html' } as const

/** Path of each page, and how to answer with it. */
export function loadPages(): [path: string, answer: () => Response][] {
  return Object.entries(FILES).map(([path, file]) => [path, pageOf(read(file))])
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
    `script-src ${hashes(html, 'script')}`,
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
