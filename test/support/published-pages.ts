// The pages in published/, as addresses a browser opens from a file: they send `Origin: null`, as those pages do.

import { pathToFileURL } from 'node:url'

export type PublishedPage = 'heartbeat-user' | 'heartbeat-admin' | 'members' | 'gateway' | 'uid'

/** The address of a page; each page says at its top what its query means. */
export function publishedPage(name: PublishedPage, query: Readonly<Record<string, string | number>>): string {
  const url = pathToFileURL(`${import.meta.dirname}/published/${name}.html`)
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, String(value))
  return url.href
}
