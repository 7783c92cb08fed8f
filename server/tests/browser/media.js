// @ts-check
/** Whether a page shows moving pictures and plays sound, whoever wrote the page. */
import { until } from './wait.js';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{ frames: number, energy: number, video: string | null, audio: string | null }} Figures what came in */

/**
 * Keeps hold of the page's connections, as `window.probe`; changes nothing about them. Runs in the page,
 * before its own code.
 */
export function installProbe() {
  const look = /** @type {any} */ (window);
  /** @type {RTCPeerConnection[]} */
  const connections = [];
  const probe = {
    connections,
    /** When the last button was pressed and the first connection came about; ms of one clock. */
    clickedAt: 0,
    connectedAt: 0,
    /** @returns {Promise<Figures>} */
    async figures() {
      const sum = { frames: 0, energy: 0, /** @type {string | null} */ video: null, /** @type {string | null} */ audio: null };
      for (const connection of connections) {
        const report = await connection.getStats();
        for (const one of report.values()) {
          if (one.type !== 'inbound-rtp') continue;
          const codec = report.get(one.codecId)?.mimeType ?? null;
          if (one.kind === 'video') {
            sum.frames += one.framesDecoded ?? 0;
            sum.video ??= codec;
          } else {
            sum.energy += one.totalAudioEnergy ?? 0;
            sum.audio ??= codec;
          }
        }
      }
      return sum;
    },
  };
  look.probe = probe;
  addEventListener('click', () => (probe.clickedAt = performance.now()), { capture: true });
  look.RTCPeerConnection = new Proxy(look.RTCPeerConnection, {
    construct(target, args, self) {
      const connection = /** @type {RTCPeerConnection} */ (Reflect.construct(target, args, self));
      connections.push(connection);
      connection.addEventListener('connectionstatechange', () => {
        if (connection.connectionState === 'connected') probe.connectedAt ||= performance.now();
      });
      return connection;
    },
  });
}

/**
 * What has come in, by the probe.
 * @param {Page} page
 * @returns {Promise<Figures>}
 */
export function figures(page) {
  return page.evaluate(() => /** @type {any} */ (window).probe.figures());
}

/**
 * What a video element shows changes from look to look.
 * @param {Page} page
 * @param {string} id of the element
 */
export async function showsMotion(page, id) {
  await page.evaluate(() => {
    const look = /** @type {any} */ (window);
    look.motion = { last: null, changes: 0 };
  });
  await until('three changes of the picture shown', () =>
    page.evaluate((id) => {
      const video = /** @type {HTMLVideoElement} */ (document.getElementById(id));
      if (!video.videoWidth) return false;
      const canvas = new OffscreenCanvas(64, 48);
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
      context.drawImage(video, 0, 0, 64, 48);
      const { data } = context.getImageData(0, 0, 64, 48);
      const { motion } = /** @type {any} */ (window);
      if (motion.last) {
        let sum = 0;
        for (let i = 0; i < data.length; i += 4) sum += Math.abs(data[i + 1] - motion.last[i + 1]);
        // Half a step per pixel on average is beyond what a still picture's coding noise makes.
        if (sum / (64 * 48) > 0.5) motion.changes += 1;
      }
      motion.last = data;
      return motion.changes >= 3;
    }, id),
  );
}
