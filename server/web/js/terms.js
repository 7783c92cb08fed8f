// @ts-check
/** What two people settle while they talk: who pauses, whether there are pictures, and what each one sends. */
import { Emitter } from './util.js';

/** How long a person is given to say whether they want to be seen, in milliseconds. */
const ASK_MS = 30_000;

/**
 * The terms of one call. Events: `change` whenever something worth showing changed, and `video` (`agreed`,
 * `declined`, `withdrawn` or `stopped`) when the two came to terms about pictures.
 */
export class Terms extends Emitter {
  /** What the other side says it sends. */
  remoteMedia = { audio: true, video: true, screen: false };
  /** Whether the two agreed on pictures; without, the camera stays closed. */
  video;
  /** Who would like pictures and waits for the other one's answer. @type {'' | 'local' | 'remote'} */
  asking = '';
  /** Who pauses: nothing is sent either way, and nothing heard. */
  held = { local: false, remote: false };

  #media;
  #partner;
  #isTalk;
  /** @type {number | undefined} */
  #askTimer;
  #unsubscribe;

  /**
   * @param {import('./lines.js').Context} context
   * @param {import('./partner.js').Partner} partner
   * @param {() => boolean} isTalk whether media may flow, or did and are being mended
   */
  constructor({ media, video }, partner, isTalk) {
    super();
    this.#media = media;
    this.#partner = partner;
    this.#isTalk = isTalk;
    this.video = video;
    this.#unsubscribe = media.on('change', () => this.#sendMediaState());
  }

  /** Whether either side pauses. */
  get onHold() {
    return this.held.local || this.held.remote;
  }

  /**
   * Pauses the call, or goes on with it.
   * @param {boolean} on
   */
  hold(on) {
    if (!this.#isTalk() || on === this.held.local) return;
    this.held.local = on;
    this.#partner.tell(on ? 'hold' : 'resume');
    this.#pause();
  }

  /** Asks the other side for pictures both ways; once more takes the question back. */
  askVideo() {
    if (!this.#isTalk() || this.video) return;
    if (this.asking === 'remote') return this.answerVideo(true);
    if (this.asking === 'local') return this.#noVideo(true);
    this.#partner.tell('ask-video');
    this.#ask('local');
  }

  /**
   * Answers the other side's question for pictures.
   * @param {boolean} yes
   */
  answerVideo(yes) {
    if (this.asking !== 'remote') return;
    if (!yes) return this.#noVideo(true);
    this.#partner.tell('accept-video');
    this.#agreeOnVideo();
  }

  /** The other side answered the call without pictures. */
  declineVideo() {
    this.#setVideo(false, 'declined');
  }

  /**
   * Begins as the call left off whose place it takes: with or without pictures, and on hold.
   * @param {Terms} old
   */
  inherit(old) {
    this.video &&= old.video;
    this.held.local = old.held.local;
  }

  /** At the beginning, and after either side lost the service: what it cannot know or may have missed. */
  sayHowThingsAre() {
    this.#sendMediaState();
    if (this.#partner.peer && this.held.local) this.#partner.tell('hold');
  }

  /**
   * Takes a message about the terms.
   * @param {import('./signaling.js').Message} message
   */
  receive(message) {
    switch (message.type) {
      case 'media-state':
        this.remoteMedia = { audio: message.audio, video: message.video, screen: message.screen ?? false };
        return this.emit('change');
      case 'hold':
      case 'resume':
        this.held.remote = message.type === 'hold';
        return this.#pause();
      case 'ask-video':
        return this.#onAskVideo();
      case 'accept-video':
        // Possibly to a question that was taken back meanwhile.
        if (this.asking === 'local') this.#agreeOnVideo();
        else if (!this.video) this.#partner.tell('stop-video');
        return;
      case 'stop-video':
        return this.#noVideo(false);
    }
  }

  /** The call is over. */
  close() {
    clearTimeout(this.#askTimer);
    this.#unsubscribe();
  }

  #onAskVideo() {
    if (!this.#partner.peer || this.asking === 'remote') return;
    if (this.asking === 'local' || (this.video && this.#media.state.video)) {
      // Both want it, or there are pictures already.
      this.#partner.tell('accept-video');
      if (this.asking) this.#agreeOnVideo();
    } else {
      this.#ask('remote');
    }
  }

  /** @param {'local' | 'remote'} who */
  #ask(who) {
    this.asking = who;
    this.#askTimer = window.setTimeout(() => this.#noVideo(true), ASK_MS);
    this.emit('change');
  }

  #agreeOnVideo() {
    this.asking = '';
    this.#setVideo(true, 'agreed');
  }

  /**
   * No pictures: an answer, a question taken back, or the end of those there were.
   * @param {boolean} tell whether the other side has to hear of it
   */
  #noVideo(tell) {
    const { asking } = this;
    if (!asking && !this.video) return;
    this.asking = '';
    if (tell) this.#partner.tell('stop-video');
    this.#setVideo(false, !asking ? 'stopped' : asking === 'local' && !tell ? 'declined' : 'withdrawn');
  }

  /**
   * @param {boolean} on
   * @param {'agreed' | 'declined' | 'withdrawn' | 'stopped'} how
   */
  #setVideo(on, how) {
    clearTimeout(this.#askTimer);
    this.video = on;
    this.emit('video', how);
    this.emit('change');
  }

  #pause() {
    this.#partner.peer?.pause(this.onHold);
    this.emit('change');
  }

  #sendMediaState() {
    if (this.#partner.peer) this.#partner.tell('media-state', this.#media.state);
  }
}
