// @ts-check
/** Helpers of the server's pages that need no browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '../../web/js/util.js';

test('text that is no JSON is nothing to a page, and no error', () => {
  for (const text of ['', 'hello', '{', '[1', 'undefined', new ArrayBuffer(2), undefined]) {
    assert.equal(parseJson(text), undefined);
  }
  assert.equal(parseJson('null'), null);
  assert.deepEqual(parseJson('{"type":"bye"}'), { type: 'bye' });
});
