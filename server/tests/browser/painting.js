// @ts-check
/** In place of the browser's test pattern, a camera that shows a painted person who moves a little. */

/** @typedef {{ wall: string[], hair: string, skin: string, cloth: string }} Look */
/** @type {Record<'anna' | 'ben', Look>} */
export const LOOKS = {
  anna: { wall: ['#f3d9c4', '#c98f77'], hair: '#4a2c20', skin: '#f0c3a2', cloth: '#2f6f73' },
  ben: { wall: ['#c9dbe6', '#6f8ea6'], hair: '#23201f', skin: '#c98d66', cloth: '#d8a23c' },
};

/**
 * Replaces the camera by a painting. Runs in the page.
 * @param {Look} look
 */
function paintCamera(look) {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await real(wanted);
    if (!wanted?.video) return stream;
    const canvas = Object.assign(document.createElement('canvas'), { width: 960, height: 540 });
    const room = new OffscreenCanvas(960, 540);
    const draw = /** @type {any} */ (canvas.getContext('2d'));
    let pen = /** @type {any} */ (room.getContext('2d'));
    // Drawn in units of a 1280x720 picture.
    for (const one of [pen, draw]) one.scale(0.75, 0.75);
    const ellipse = (/** @type {string} */ fill, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ rx, /** @type {number} */ ry) => {
      pen.fillStyle = fill;
      pen.beginPath();
      pen.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
      pen.fill();
    };
    const box = (/** @type {string} */ fill, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ w, /** @type {number} */ h, r = 8) => {
      pen.fillStyle = fill;
      pen.beginPath();
      pen.roundRect(x, y, w, h, r);
      pen.fill();
    };
    // What does not move is painted once.
    const wall = pen.createLinearGradient(0, 0, 1280, 720);
    wall.addColorStop(0, look.wall[0]);
    wall.addColorStop(1, look.wall[1]);
    pen.fillStyle = wall;
    pen.fillRect(0, 0, 1280, 720);
    pen.filter = 'blur(5px)';
    box('rgb(255 255 255 / 55%)', 70, 60, 250, 330);
    box('rgb(140 180 210 / 55%)', 90, 80, 100, 290);
    box('rgb(140 180 210 / 55%)', 200, 80, 100, 290);
    for (let i = 0; i < 9; i += 1) box(['#8a4f43', '#3f5f6e', '#c2a15a', '#5b6b4e'][i % 4], 950 + i * 28, 130 - (i % 3) * 14, 22, 130 + (i % 3) * 14, 3);
    box('#6b4a37', 930, 260, 290, 14, 2);
    ellipse('#5d8a5c', 1130, 470, 70, 110);
    box('#b0664b', 1085, 560, 90, 90);
    pen = draw;
    const paint = () => {
      const t = performance.now() / 1000;
      pen.drawImage(room, 0, 0, 1280, 720);
      const sway = Math.sin(t * 0.9) * 8;
      const nod = Math.sin(t * 1.7) * 4;
      box(look.cloth, 400 + sway * 0.4, 560, 480, 300, 150);
      box(look.skin, 595 + sway * 0.7, 440, 90, 150, 40);
      ellipse(look.hair, 640 + sway, 292 + nod, 142, 165);
      ellipse(look.skin, 640 + sway, 335 + nod, 112, 142);
      ellipse(look.hair, 640 + sway, 218 + nod, 118, 62);
      const open = t % 4 < 0.15 ? 2 : 11;
      for (const side of [-1, 1]) {
        ellipse('#2b2320', 640 + side * 44 + sway * 1.2, 322 + nod, 9, open);
        box(look.hair, 640 + side * 44 - 24 + sway * 1.2, 290 + nod, 48, 8, 4);
        ellipse('rgb(214 90 80 / 22%)', 640 + side * 66 + sway, 380 + nod, 26, 17);
      }
      pen.strokeStyle = '#96463f';
      pen.lineWidth = 7;
      pen.lineCap = 'round';
      pen.beginPath();
      pen.arc(640 + sway * 1.2, 385 + nod, 44 + Math.sin(t * 3) * 3, 0.18 * Math.PI, 0.82 * Math.PI);
      pen.stroke();
    };
    paint();
    setInterval(paint, 40);
    return new MediaStream([...canvas.captureStream(25).getVideoTracks(), ...stream.getAudioTracks()]);
  };
}

/**
 * For a page before it is opened.
 * @param {Look} look
 */
export const camera = (look) => (/** @type {import('playwright-core').Page} */ page) => page.addInitScript(paintCamera, look);
