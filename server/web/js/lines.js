// @ts-check
/** What spans calls: who gets a message, who is busy, who rings anew, and two people ringing each other at once. */
import { Call } from './call.js';
import { Emitter } from './util.js';

/** Calls that are over are remembered, so that their stragglers are not taken for something new. */
const OVER_MOST = 64;
/** The most of them that an answer names. */
const OVER_NAMED = 4;

/**
 * @typedef {object} Context what every call of this page shares
 * @property {import('./signaling.js').Signaling} signaling
 * @property {import('./media.js').LocalMedia} media
 * @property {string} user this person
 * @property {string | null} codec video codec to prefer
 * @property {boolean} video whether calls begin with pictures
 */

/**
 * The calls of this page: at most one. Events: `call` ({@link Call}) when one begins, and `notice`
 * (text) for refusals that concern no call.
 */
export class Lines extends Emitter {
  /** The call that begins, goes on or rings. @type {Call | null} */
  call = null;

  #context;
  /** @type {string[]} */
  #over = [];

  /** @param {Context} context */
  constructor(context) {
    super();
    this.#context = context;
    const { signaling } = context;
    signaling.on('message', (message) => this.#onMessage(message));
    signaling.on('error', (error) => this.#onError(error));
    signaling.on('fresh', () => this.call?.onFreshSession());
  }

  /**
   * Rings a person; or answers, if that person is ringing here.
   * @param {string} user
   */
  ring(user) {
    const call = this.call;
    if (call && this.#isWith(call, user)) {
      call.accept();
      return call;
    }
    call?.hangUp();
    return this.#begin(Call.ring(this.#context, user));
  }

  /** @param {string} room */
  join(room) {
    this.call?.hangUp();
    return this.#begin(Call.join(this.#context, room));
  }

  /**
   * @param {Call} call
   * @param {string} [user]
   * @returns {boolean} whether it is a call between the two, and in no room
   */
  #isWith(call, user) {
    return !call.room && call.peerUser === user;
  }

  /**
   * @param {Call} call
   * @returns {Call}
   */
  #begin(call) {
    this.call = call;
    call.on('ended', () => {
      if (call.id) this.#remember(call.id);
      if (this.call === call) this.call = null;
    });
    this.emit('call', call);
    return call;
  }

  /** @param {string} id of a call that is over */
  #remember(id) {
    this.#over.push(id);
    if (this.#over.length > OVER_MOST) this.#over.shift();
  }

  /** @param {import('./signaling.js').Message} message */
  #onMessage(message) {
    if (message.type === 'invite') return this.#onInvite(message);
    // The sender's own calls, whose invites may come late.
    if (message.type === 'accept') message.over?.slice(0, OVER_NAMED).forEach((/** @type {string} */ id) => this.#remember(id));
    const call = this.call;
    if (!call) return;
    const aboutRoom = message.type === 'joined' || message.type === 'peer-joined' || message.type === 'peer-left';
    if (aboutRoom ? message.room === call.room : message.call === call.id && call.id !== '') call.receive(message);
  }

  /** @param {import('./signaling.js').Message} invite */
  #onInvite(invite) {
    const call = this.call;
    if (call?.id === invite.call || this.#over.includes(invite.call)) return;
    if (!call) this.#begin(Call.incoming(this.#context, invite));
    else if (!this.#isWith(call, invite.from)) this.#refuse(invite, 'busy');
    else if (call.state === 'dialing' || call.state === 'ringing') {
      // Both sides compare the same two ids, so that the same one survives on both.
      if (call.id < invite.call) return this.#refuse(invite, 'glare');
      this.#replace(call, invite, () => call.yieldToTheirs()).accept([call.id]);
    } else {
      // Who rings anew has lost the call there was, say by a crash.
      const rang = call.state === 'incoming';
      const anew = this.#replace(call, invite, () => call.yieldToRecall());
      if (!rang) anew.accept();
    }
  }

  /**
   * The call that an invite is about takes the place of another one, which ends.
   * @param {Call} old
   * @param {import('./signaling.js').Message} invite
   * @param {() => void} end
   */
  #replace(old, invite, end) {
    const call = Call.incoming(this.#context, invite);
    call.terms.inherit(old.terms);
    this.#begin(call);
    end();
    return call;
  }

  /**
   * @param {import('./signaling.js').Message} invite
   * @param {'busy' | 'glare'} reason
   */
  #refuse({ from, from_device, call }, reason) {
    this.#remember(call);
    this.#context.signaling.send({ type: 'decline', to: from, to_device: from_device, call, reason });
  }

  /** @param {{ code: string, message: string, fatal?: boolean, about?: any, call?: string }} error */
  #onError(error) {
    const named = error.call ?? error.about?.call;
    const room = error.about?.room;
    const call = this.call;
    const concerns = call !== null && (error.fatal || named === call.id || (room !== undefined ? room === call.room : !named));
    if (concerns && call.refused(error)) return;
    const reachedNobody = error.code === 'not-found' || error.code === 'not-in-room';
    if (!reachedNobody) this.emit('notice', error.message || error.code);
  }
}
