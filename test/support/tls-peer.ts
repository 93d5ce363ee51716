// How a TLS port looks from outside: whose certificate it shows, and which versions it speaks.

import { spawn } from 'node:child_process'
import tls from 'node:tls'

/** The name in the certificate that is shown now. */
export function nameShown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject?.CN))
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

/** Whether a client that speaks only this version (`tls1_1`, `tls1_2`) is answered; by a client that still can. */
export function speaks(port: number, version: string): Promise<boolean> {
  const words = ['s_client', '-connect', `127.0.0.1:${port}`, `-${version}`, '-cipher', 'ALL:@SECLEVEL=0']
  const child = spawn('openssl', words, { stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  child.stdout.on('data', chunk => {
    said += chunk
  })
  return new Promise(resolve => child.once('close', () => resolve(/^New, TLSv/m.test(said))))
}
