// @ts-check
/** A certificate of this run's own, for 127.0.0.1 and localhost, signed by nobody else. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export class Certificate {
  #folder;

  /** @param {string} folder */
  constructor(folder) {
    this.#folder = folder;
    this.cert = join(folder, 'cert.pem');
    this.key = join(folder, 'key.pem');
  }

  /** @returns {Promise<Certificate>} in files that {@link remove} removes */
  static async make() {
    const made = new Certificate(await mkdtemp(join(tmpdir(), 'duet-certificate-')));
    const names = /** @type {const} */ ([{ type: 7, ip: '127.0.0.1' }, { type: 2, value: 'localhost' }]);
    const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [{ name: 'subjectAltName', altNames: [...names] }],
    });
    await Promise.all([writeFile(made.cert, pems.cert), writeFile(made.key, pems.private, { mode: 0o600 })]);
    return made;
  }

  remove() {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
