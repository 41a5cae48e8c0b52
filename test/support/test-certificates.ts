// Certificates of a small authority of our own, for tests that need a receiving system behind TLS.
import forge from 'node-forge'

export interface TestAuthority {
  /** PEM. */
  readonly ca: string
  /** Key and certificate of a server, PEM. */
  issue(host: string): { key: string; cert: string }
}

const dayMs = 86_400_000

export function makeAuthority(name: string): TestAuthority {
  const keys = forge.pki.rsa.generateKeyPair(2048)
  const subject = [{ name: 'commonName', value: name }]
  const ca = certificate(keys.publicKey, subject, subject, keys.privateKey, [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ])
  return {
    ca: forge.pki.certificateToPem(ca),
    issue(host) {
      const own = forge.pki.rsa.generateKeyPair(2048)
      const isAddress = /^[0-9.]+$/.test(host)
      const cert = certificate(own.publicKey, [{ name: 'commonName', value: host }], subject, keys.privateKey, [
        { name: 'basicConstraints', cA: false },
        { name: 'extKeyUsage', serverAuth: true },
        { name: 'subjectAltName', altNames: [isAddress ? { type: 7, ip: host } : { type: 2, value: host }] },
      ])
      return { key: forge.pki.privateKeyToPem(own.privateKey), cert: forge.pki.certificateToPem(cert) }
    },
  }
}

type Names = { name: string; value: string }[]

function certificate(
  publicKey: forge.pki.rsa.PublicKey,
  subject: Names,
  issuer: Names,
  signer: forge.pki.rsa.PrivateKey,
  extensions: object[],
): forge.pki.Certificate {
  const cert = forge.pki.createCertificate()
  cert.publicKey = publicKey
  cert.serialNumber = `01${forge.util.bytesToHex(forge.random.getBytesSync(8))}`
  cert.validity.notBefore = new Date(Date.now() - dayMs)
  cert.validity.notAfter = new Date(Date.now() + dayMs)
  cert.setSubject(subject)
  cert.setIssuer(issuer)
  cert.setExtensions(extensions)
  cert.sign(signer, forge.md.sha256.create())
  return cert
}
