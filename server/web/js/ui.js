// @ts-check
/** The views: shows what it is told, and says what people do. It decides nothing. */
import { rows } from './stats.js';
import { Emitter, formatDuration, initials } from './util.js';
import { describeEnd, describePresence, describeState } from './words.js';

/** How long a passing note stays: time to read two lines. */
const TOAST_MS = 7000;
/** A picture is cut to fill the stage unless more than a third of it would be lost. */
const CROP_MOST = 1.5;

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
const $ = (id) => /** @type {T} */ (document.getElementById(id));

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ ($(id));

/**
 * Events: `start` (`{ name, way, room, to }`), `name` (text), `another-room`, `copy`, `preview`, `mic`, `cam`, `share`,
 * `stats`, `hangup`, `accept`, `decline`, `again`, `back`.
 */
export class Ui extends Emitter {
  /** @type {'lobby' | 'stage' | 'ended'} */
  view = 'lobby';

  #remote = /** @type {HTMLVideoElement} */ ($('remote'));
  #dialog = /** @type {HTMLDialogElement} */ ($('incoming'));
  #announced = '';
  /** The remote picture is a screen's. */
  #screen = false;

  constructor() {
    super();
    this.#wireLobby();
    this.#wireStage();
    $('accept').onclick = () => this.emit('accept');
    $('decline').onclick = () => this.emit('decline');
    this.#dialog.oncancel = (event) => {
      event.preventDefault();
      this.emit('decline');
    };
    $('again').onclick = () => this.emit('again');
    $('back').onclick = () => this.emit('back');
  }

  /** What the form says. */
  get form() {
    return {
      name: input('name').value.trim(),
      way: /** @type {'room' | 'ring'} */ (this.#way),
      room: input('room').value.trim(),
      to: input('to').value.trim(),
    };
  }

  /** @param {{ name?: string, way?: 'room' | 'ring', room?: string, to?: string }} values */
  fillForm({ name, way, room, to }) {
    if (name !== undefined) input('name').value = name;
    if (room !== undefined) input('room').value = room;
    if (to !== undefined) input('to').value = to;
    if (way) {
      for (const radio of document.querySelectorAll('input[name="way"]')) {
        if (radio instanceof HTMLInputElement) radio.checked = radio.value === way;
      }
    }
    this.#showWay();
    $('preview-avatar').textContent = initials(this.form.name);
  }

  /**
   * Says what is wrong with the form, and puts the cursor there.
   * @param {string} text
   * @param {'name' | 'room' | 'to'} field
   */
  refuseForm(text, field) {
    $('form-error').textContent = text;
    $('form-error').hidden = false;
    $(field).setAttribute('aria-invalid', 'true');
    $(field).focus();
  }

  /** @param {'lobby' | 'stage' | 'ended'} view */
  show(view) {
    if (this.view === view) return;
    this.view = view;
    document.body.dataset.view = view;
    for (const id of ['lobby', 'stage', 'ended']) $(id).hidden = id !== view;
    if (view === 'lobby') $('go').focus();
    if (view === 'stage') $('hangup').focus({ preventScroll: true });
    if (view !== 'stage') this.setStream(null);
    scrollTo(0, 0);
  }

  /**
   * @param {import('./signaling.js').SignalingState} state
   * @param {string} user
   */
  showPresence(state, user) {
    $('presence').dataset.state = state;
    $('presence-text').textContent = describePresence(state, user);
  }

  /**
   * @param {import('./media.js').LocalMedia} media
   * @param {string} user
   */
  showLocal(media, user) {
    const { audio, video, screen } = media.state;
    const track = media.videoTrack;
    for (const id of ['preview-video', 'self-video']) {
      const element = /** @type {HTMLVideoElement} */ ($(id));
      if (element.srcObject instanceof MediaStream ? element.srcObject.getTracks()[0] !== track : track) {
        element.srcObject = track && new MediaStream([track]);
      }
      element.hidden = !track;
      element.classList.toggle('mirrored', !screen);
    }
    $('preview-empty').hidden = video;
    $('preview-open').hidden = audio && !media.wanted.video;
    $('self-avatar').hidden = video;
    $('self-avatar').textContent = $('preview-avatar').textContent = initials(user);
    $('self-muted').hidden = audio;
    // In the lobby the buttons say what is wanted; in a call, what is so.
    const pressed = (/** @type {string} */ id, /** @type {boolean} */ on) => $(id).setAttribute('aria-pressed', String(on));
    pressed('preview-mic', media.wanted.audio);
    pressed('preview-cam', media.wanted.video);
    pressed('mic', audio);
    pressed('cam', video && !screen ? true : media.wanted.video && screen);
    pressed('share', screen);
  }

  /**
   * @param {import('./call.js').Call} call
   * @param {boolean} online whether the service is reachable
   */
  showCall(call, online) {
    const stage = $('stage');
    const { title, text } = describeState(call);
    const picture = call.stream !== null && call.remoteMedia.video && call.connectedAt > 0;
    stage.dataset.state = call.state;
    $('curtain').hidden = picture;
    $('curtain-title').textContent = title;
    $('curtain-text').textContent = text;
    $('curtain-avatar').textContent = call.peerUser ? initials(call.peerUser) : '♪';
    $('curtain-copy').hidden = call.state !== 'waiting';
    const known = call.connectedAt > 0;
    $('who-name').textContent = known ? call.peerUser : '';
    $('who-muted').hidden = !known || call.remoteMedia.audio;
    $('who-screen').hidden = !known || !call.remoteMedia.screen;
    $('clock').hidden = !known;
    this.showClock(call);
    this.#fit(call.remoteMedia.screen);

    const trouble = call.state === 'reconnecting' ? 'Reconnecting…' : online ? '' : 'Service unreachable, reconnecting…';
    $('banner').hidden = trouble === '';
    $('banner-text').textContent = trouble;
    $('stage-title').textContent = title;
    document.title = `${call.peerUser || call.room} · Duet`;
    this.announce(`${title}. ${call.state === 'connected' ? 'Connected' : text}`);
  }

  /** @param {import('./call.js').Call} call */
  showClock(call) {
    $('clock').textContent = formatDuration(call.durationMs);
  }

  /** @param {MediaStream | null} stream */
  async setStream(stream) {
    if (this.#remote.srcObject !== stream) this.#remote.srcObject = stream;
    $('unblock').hidden = true;
    if (!stream) return;
    try {
      await this.#remote.play();
    } catch (error) {
      // Some browsers want a click before they play sound.
      $('unblock').hidden = !(error instanceof DOMException && error.name === 'NotAllowedError');
    }
  }

  /** @param {import('./stats.js').Figures | null} figures null closes the panel */
  showStats(figures) {
    $('stats').hidden = figures === null;
    $('stats-toggle').setAttribute('aria-pressed', String(figures !== null));
    if (!figures) return;
    $('stats-rows').replaceChildren(
      ...rows(figures).flatMap(([label, value]) => {
        const [term, detail] = [document.createElement('dt'), document.createElement('dd')];
        term.textContent = label;
        detail.textContent = value;
        return [term, detail];
      }),
    );
  }

  /** @param {import('./call.js').Call | null} call null closes the dialog */
  showIncoming(call) {
    if (!call) return this.#dialog.open ? this.#dialog.close() : undefined;
    $('incoming-title').textContent = call.peerUser;
    $('incoming-avatar').textContent = initials(call.peerUser);
    document.title = `${call.peerUser} is calling · Duet`;
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** @param {import('./call.js').Call} call */
  showEnded(call) {
    const { title, text } = describeEnd(call);
    const duration = call.ended?.durationMs ?? 0;
    $('ended-avatar').textContent = call.peerUser ? initials(call.peerUser) : '♪';
    $('ended-title').textContent = title;
    $('ended-text').textContent = text;
    $('ended-duration').textContent = duration > 0 ? `You talked for ${formatDuration(duration)}.` : '';
    $('ended-duration').hidden = duration === 0;
    $('again').textContent = call.room ? 'Join again' : 'Call again';
    document.title = `${title} · Duet`;
    this.show('ended');
    $('ended-title').focus();
    this.announce(`${title}. ${text}`);
  }

  /**
   * A passing note.
   * @param {string} text
   */
  toast(text) {
    const note = document.createElement('p');
    note.className = 'toast';
    note.textContent = text;
    $('toasts').append(note);
    window.setTimeout(() => note.remove(), TOAST_MS);
  }

  /**
   * Tells who does not see the screen.
   * @param {string} text
   */
  announce(text) {
    if (text === this.#announced) return;
    this.#announced = text;
    $('announce').textContent = text;
  }

  get #way() {
    return new FormData(/** @type {HTMLFormElement} */ ($('start'))).get('way');
  }

  #showWay() {
    const room = this.#way === 'room';
    $('way-room').hidden = !room;
    $('way-ring').hidden = room;
    $('go-text').textContent = room ? 'Join the room' : 'Ring';
  }

  #wireLobby() {
    const form = $('start');
    form.onsubmit = (event) => {
      event.preventDefault();
      this.emit('start', this.form);
    };
    form.oninput = () => {
      $('form-error').hidden = true;
      for (const id of ['name', 'room', 'to']) $(id).removeAttribute('aria-invalid');
      $('preview-avatar').textContent = initials(this.form.name);
    };
    form.onchange = () => this.#showWay();
    $('name').onchange = () => this.emit('name', this.form.name);
    $('room-random').onclick = () => this.emit('another-room');
    $('room-copy').onclick = $('curtain-copy').onclick = () => this.emit('copy');
    $('preview-open').onclick = () => this.emit('preview');
    $('preview-mic').onclick = $('mic').onclick = () => this.emit('mic');
    $('preview-cam').onclick = $('cam').onclick = () => this.emit('cam');
  }

  #wireStage() {
    $('share').onclick = () => this.emit('share');
    $('stats-toggle').onclick = $('stats-close').onclick = () => this.emit('stats');
    $('hangup').onclick = () => this.emit('hangup');
    $('unblock').onclick = () => this.setStream(/** @type {MediaStream} */ (this.#remote.srcObject));
    this.#remote.onresize = () => this.#fit();
    addEventListener('resize', () => this.#fit());
    const shortcuts = new Map([['m', 'mic'], ['v', 'cam'], ['s', 'stats']]);
    addEventListener('keydown', (event) => {
      const action = shortcuts.get(event.key.toLowerCase());
      if (!action || this.view !== 'stage' || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.emit(action);
    });
  }

  /** @param {boolean} [screen] whether the remote picture is a screen's */
  #fit(screen = this.#screen) {
    this.#screen = screen;
    const { videoWidth, videoHeight } = this.#remote;
    const ratio = videoHeight > 0 ? videoWidth / videoHeight / (innerWidth / innerHeight) : 1;
    $('stage').classList.toggle('fit', screen || Math.max(ratio, 1 / ratio) > CROP_MOST);
  }
}
