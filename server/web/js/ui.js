// @ts-check
/** The views: shows what it is told, and says what people do. It decides nothing. */
import { rows } from './stats.js';
import { Emitter, formatDuration, initials } from './util.js';
import { describeEnd, describePresence, describeState } from './words.js';

/** How long a passing note stays: time to read two lines. */
const TOAST_MS = 7000;
/** How far a picture may be enlarged to fill the stage: a third of it is cut off, not more. */
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
 * Gives an element these tracks, unless it has them: a new source makes it flicker.
 * @param {HTMLMediaElement} element
 * @param {MediaStreamTrack[]} tracks
 */
function show(element, tracks) {
  const shown = element.srcObject instanceof MediaStream ? element.srcObject.getTracks() : [];
  if (shown.length === tracks.length && shown.every((track) => tracks.includes(track))) return;
  element.srcObject = tracks.length > 0 ? new MediaStream(tracks) : null;
}

/**
 * Events: `start` (`{ name, way, room, to }`), `name` (text), `another-room`, `copy`, `preview`, `mic`, `cam`, `share`,
 * `hold`, `video-yes`, `video-no`, `stats`, `hangup`, `accept`, `decline`, `again`, `back`.
 */
export class Ui extends Emitter {
  /** @type {'lobby' | 'stage' | 'ended'} */
  view = 'lobby';

  #remote = /** @type {HTMLVideoElement} */ ($('remote'));
  #sound = /** @type {HTMLAudioElement} */ ($('remote-sound'));
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
    // Not a button: the key that started a call must not, pressed too long, hang up.
    if (view === 'lobby') $('lobby-title').focus();
    if (view === 'stage') $('stage-title').focus();
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
      show(element, track ? [track] : []);
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
    const picture = call.stream !== null && call.terms.remoteMedia.video && call.connectedAt > 0 && !call.terms.onHold;
    stage.dataset.state = call.state;
    $('curtain').hidden = picture;
    $('curtain-title').textContent = title;
    $('curtain-text').textContent = text;
    $('curtain-avatar').textContent = call.peerUser ? initials(call.peerUser) : '♪';
    $('curtain-copy').hidden = call.state !== 'waiting';
    const known = call.connectedAt > 0;
    $('who-name').textContent = known ? call.peerUser : '';
    $('who-muted').hidden = !known || call.terms.remoteMedia.audio;
    $('who-screen').hidden = !known || !call.terms.remoteMedia.screen;
    $('clock').hidden = !known;
    this.showClock(call);
    this.#fit(call.terms.remoteMedia.screen);
    this.#sound.muted = call.terms.onHold;
    this.#button('hold', call.isTalk, call.terms.held.local);
    this.#button('share', call.terms.video);
    $('question').hidden = call.terms.asking !== 'remote';
    $('question-text').textContent = `${call.peerUser} would like to see you.`;

    const trouble = call.state === 'reconnecting' ? 'Reconnecting…' : online ? '' : 'Reconnecting to the service…';
    $('banner').hidden = trouble === '';
    $('banner-text').textContent = trouble;
    $('stage-title').textContent = title;
    document.title = `${call.peerUser || call.room} · Duet`;
    const state = call.state === 'connected' && !call.terms.onHold ? 'Connected' : text;
    this.announce(call.terms.asking === 'remote' ? `${call.peerUser} would like to see you.` : `${title}. ${state}`);
  }

  /**
   * @param {string} id
   * @param {boolean} usable
   * @param {boolean} [pressed]
   */
  #button(id, usable, pressed) {
    /** @type {HTMLButtonElement} */ ($(id)).disabled = !usable;
    if (pressed !== undefined) $(id).setAttribute('aria-pressed', String(pressed));
  }

  /** @param {import('./call.js').Call} call */
  showClock(call) {
    $('clock').textContent = formatDuration(call.durationMs);
  }

  /**
   * Shows and plays the other side. Sound has an element of its own: one that waits for a first
   * picture, of a camera that is off, would be silent meanwhile. (Both stay in sync all the same: that
   * is the receiver's work, not the element's.)
   * @param {MediaStream | null} stream
   */
  async setStream(stream) {
    show(this.#remote, stream?.getVideoTracks() ?? []);
    show(this.#sound, stream?.getAudioTracks() ?? []);
    $('unblock').hidden = true;
    if (!this.#sound.srcObject) return;
    try {
      await this.#sound.play();
    } catch (error) {
      // Some browsers want a click before they play sound.
      $('unblock').hidden = !(error instanceof DOMException && error.name === 'NotAllowedError');
    }
  }

  /**
   * @param {boolean} on
   * @param {import('./stats.js').Figures | null} figures null while there are none
   */
  showStats(on, figures) {
    $('stats').hidden = !on || figures === null;
    $('stats-toggle').setAttribute('aria-pressed', String(on));
    if (!on || figures === null) return;
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
    $('hold').onclick = () => this.emit('hold');
    $('question-yes').onclick = () => this.emit('video-yes');
    $('question-no').onclick = () => this.emit('video-no');
    $('share').onclick = () => this.emit('share');
    $('stats-toggle').onclick = $('stats-close').onclick = () => this.emit('stats');
    $('hangup').onclick = () => this.emit('hangup');
    $('unblock').onclick = async () => {
      await this.#sound.play();
      $('unblock').hidden = true;
    };
    this.#remote.onresize = () => this.#fit();
    addEventListener('resize', () => this.#fit());
    const shortcuts = new Map([['m', 'mic'], ['v', 'cam'], ['h', 'hold'], ['s', 'stats']]);
    addEventListener('keydown', (event) => {
      const action = shortcuts.get(event.key.toLowerCase());
      if (!action || this.view !== 'stage' || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.emit(action);
    });
  }

  /**
   * Fills the stage with the picture as far as not too much of it is cut off; a screen stays whole.
   * @param {boolean} [screen] whether it is a screen's
   */
  #fit(screen = this.#screen) {
    this.#screen = screen;
    const { videoWidth, videoHeight } = this.#remote;
    const ratio = videoHeight > 0 ? videoWidth / videoHeight / (innerWidth / innerHeight) : 1;
    const zoom = screen ? 1 : Math.min(CROP_MOST, Math.max(ratio, 1 / ratio));
    this.#remote.style.setProperty('scale', zoom.toFixed(4));
  }
}
