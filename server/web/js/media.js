// @ts-check
/** Camera, microphone and screen: one sound source and one picture source, swapped in place. */
import { Emitter } from './util.js';

/** @type {MediaTrackConstraints} */
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
/** 720p is what the bitrate cap of a call carries well. @type {MediaTrackConstraints} */
const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 }, facingMode: 'user' };

/**
 * The local sources. Events:
 * - `change` when a source came, went, or was switched on or off;
 * - `problem` (a sentence for people) when a device is missing, refused or unplugged.
 */
export class LocalMedia extends Emitter {
  /** @type {MediaStreamTrack | null} */
  #microphone = null;
  /** @type {MediaStreamTrack | null} */
  #camera = null;
  /** @type {MediaStreamTrack | null} */
  #screen = null;
  /** What the person wants; devices may fail to provide it. */
  #wanted = { audio: true, video: true };
  /** Requests take turns, so that two clicks do not open a device twice. */
  #opening = Promise.resolve();

  /** What is sent as picture: the screen while it is shared, else the camera. */
  get videoTrack() {
    return this.#screen ?? this.#camera;
  }

  /** What is sent as sound. */
  get audioTrack() {
    return this.#microphone;
  }

  /** What is live, in the terms of the `media-state` message. */
  get state() {
    return {
      audio: this.#microphone !== null && this.#microphone.enabled,
      video: this.videoTrack !== null,
      screen: this.#screen !== null,
    };
  }

  /** What the person asked for, whether a device provides it or not. */
  get wanted() {
    return { ...this.#wanted };
  }

  /** Whether this browser can share the screen (phones cannot). */
  static get canShareScreen() {
    return typeof navigator.mediaDevices?.getDisplayMedia === 'function';
  }

  /**
   * Opens what is wanted and not open yet. Never fails: a call goes on with what there is, and
   * `problem` says what is missing.
   */
  open() {
    this.#opening = this.#opening.then(() => this.#openWanted());
    return this.#opening;
  }

  /** Closes every device; their lights go out. */
  close() {
    this.#opening = this.#opening.then(() => {
      for (const track of [this.#microphone, this.#camera, this.#screen]) this.#release(track);
      this.#microphone = this.#camera = this.#screen = null;
      this.emit('change');
    });
    return this.#opening;
  }

  /**
   * Says what is wanted from now on; {@link apply} makes it so.
   * @param {'audio' | 'video'} kind
   * @param {boolean} on
   */
  want(kind, on) {
    this.#wanted[kind] = on;
    this.emit('change');
  }

  /**
   * Makes a source be as wanted. The microphone is muted at once and stays open; the camera is
   * closed, so that its light tells the truth.
   * @param {'audio' | 'video'} kind
   */
  async apply(kind) {
    const on = this.#wanted[kind];
    if (kind === 'audio' && this.#microphone) {
      this.#microphone.enabled = on;
    } else if (kind === 'video' && !on) {
      this.#release(this.#camera);
      this.#camera = null;
    } else if (on) {
      return this.open();
    }
    this.emit('change');
  }

  /** Asks which screen, window or tab to show, and shows it in place of the camera. */
  async startScreen() {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 30 } }, audio: false });
      const [track] = stream.getVideoTracks();
      track.contentHint = 'detail';
      track.onended = () => this.stopScreen();
      this.#release(this.#screen);
      this.#screen = track;
      this.emit('change');
    } catch (error) {
      // Closing the browser's chooser is an answer, not a problem.
      if (nameOf(error) !== 'NotAllowedError') this.emit('problem', 'The screen could not be shared.');
    }
  }

  /** Back to the camera. */
  stopScreen() {
    if (!this.#screen) return;
    this.#release(this.#screen);
    this.#screen = null;
    this.emit('change');
  }

  async #openWanted() {
    const audio = this.#wanted.audio && !this.#microphone;
    const video = this.#wanted.video && !this.#camera;
    if (!audio && !video) return;
    if (!navigator.mediaDevices?.getUserMedia) {
      this.emit('problem', 'Browsers open camera and microphone only on https pages. You can still see and hear the other side.');
      return;
    }
    // One question for both; where that fails, each alone, since one device may be there.
    const both = audio && video ? await this.#request(true, true) : null;
    if (both === true) return;
    const missing = [];
    if (audio) {
      const outcome = await this.#request(true, false);
      if (outcome !== true) missing.push(['microphone', outcome]);
    }
    if (video) {
      const outcome = await this.#request(false, true);
      if (outcome !== true) missing.push(['camera', outcome]);
    }
    if (missing.length > 0) this.emit('problem', explain(missing));
  }

  /**
   * @param {boolean} audio
   * @param {boolean} video
   * @returns {Promise<true | string>} true, or the error's name
   */
  async #request(audio, video) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: audio && MICROPHONE, video: video && CAMERA });
      for (const track of stream.getTracks()) this.#adopt(track);
      this.emit('change');
      return true;
    } catch (error) {
      return nameOf(error);
    }
  }

  /** @param {MediaStreamTrack} track */
  #adopt(track) {
    if (track.kind === 'video') {
      // The person may have changed their mind while the browser asked.
      if (!this.#wanted.video) return this.#release(track);
      track.contentHint = 'motion';
      this.#camera = track;
    } else {
      track.enabled = this.#wanted.audio;
      this.#microphone = track;
    }
    track.onended = () => this.#onUnplugged(track);
  }

  /** @param {MediaStreamTrack} track a device's track that ended by itself */
  async #onUnplugged(track) {
    const video = track === this.#camera;
    if (!video && track !== this.#microphone) return;
    if (video) this.#camera = null;
    else this.#microphone = null;
    this.emit('change');
    // Another device may take its place; else the person is told.
    const outcome = await this.#request(!video, video);
    const name = video ? 'camera' : 'microphone';
    this.emit('problem', outcome === true ? `The ${name} was disconnected; another one took its place.` : `The ${name} was disconnected.`);
  }

  /** @param {MediaStreamTrack | null} track */
  #release(track) {
    if (!track) return;
    track.onended = null;
    track.stop();
  }
}

/** @param {unknown} error */
function nameOf(error) {
  return error instanceof DOMException ? error.name : 'Error';
}

/**
 * @param {string[][]} missing pairs of device and error name
 * @returns {string}
 */
function explain(missing) {
  const devices = missing.map(([device]) => device).join(' and ');
  const names = missing.map(([, name]) => name);
  const plural = missing.length > 1;
  if (names.includes('NotAllowedError')) {
    return `The browser does not let this page use your ${devices}. Allow it in the address bar, then switch it on again.`;
  }
  if (names.includes('NotReadableError')) return `Your ${devices} ${plural ? 'are' : 'is'} in use by another program.`;
  if (names.includes('NotFoundError')) return `No ${devices} found. You can still see and hear the other side.`;
  return `Your ${devices} could not be opened.`;
}
