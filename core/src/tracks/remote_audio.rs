//! Network to speaker: packets wait in a jitter buffer until the host's own clock asks for sound.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use duet_codecs::AudioDecoder;
use duet_media::audio::{AudioBlockMut, AudioError, PlayoutConverter};
use duet_media::recv::audio::{AudioConfig, AudioJitterBuffer, PacketDecoder};

pub use duet_media::recv::audio::Played;

use super::InboundPacket;
use crate::clock;
use crate::stats::AudioRecvStats;

/// Packets waiting for the next pull: over a second, for a host that is late.
const MAX_PACKETS: usize = 64;

/// The sound we receive. Cheap to clone. One thread should pull; a second one waits for the first.
#[derive(Clone)]
pub struct RemoteAudio {
    shared: Arc<Shared>,
}

struct Shared {
    /// Filled by the network; only ever locked for a push or a swap.
    inbox: Mutex<Inbox>,
    player: Mutex<Player>,
}

#[derive(Default)]
struct Inbox {
    packets: VecDeque<InboundPacket>,
    received: u64,
    released: bool,
    silenced: bool,
}

struct Player {
    converter: PlayoutConverter,
    buffer: AudioJitterBuffer,
    decoder: Option<Decoder>,
    batch: VecDeque<InboundPacket>,
}

impl RemoteAudio {
    pub(crate) fn new() -> Self {
        let player = Player {
            converter: PlayoutConverter::new(),
            buffer: AudioJitterBuffer::new(AudioConfig::default()),
            decoder: None,
            batch: VecDeque::with_capacity(MAX_PACKETS),
        };
        RemoteAudio { shared: Arc::new(Shared { inbox: Mutex::default(), player: Mutex::new(player) }) }
    }

    /// Fills the whole block with the next sound: decoded, concealed or silent. Never waits for
    /// the network. Call it as the speaker needs sound; its pace is the playout clock.
    ///
    /// # Errors
    /// [`AudioError`] when the block's rate, channels or length is not valid.
    pub fn pull(&self, block: AudioBlockMut<'_>) -> Result<Played, AudioError> {
        let now = clock::now();
        let mut guard = lock(&self.shared.player);
        let Player { converter, buffer, decoder, batch } = &mut *guard;
        let released = {
            let mut inbox = lock(&self.shared.inbox);
            std::mem::swap(&mut inbox.packets, batch);
            inbox.released
        };
        for packet in batch.drain(..) {
            buffer.insert(packet.seq, packet.timestamp, packet.payload, packet.arrival);
        }
        if decoder.is_none() && released {
            *decoder = duet_codecs::audio_decoder().map(Decoder).inspect_err(|e| log::error!("{e}")).ok();
        }
        let mut best = Played::Silence;
        converter.fill(block, |samples| match decoder {
            Some(decoder) => best = best.max(buffer.pull(decoder, now, samples)),
            None => samples.fill(0.0),
        })?;
        Ok(best)
    }

    /// Sound is played from now on; what came earlier than the call was accepted is discarded.
    pub(crate) fn release(&self) {
        lock(&self.shared.inbox).released = true;
    }

    #[cfg(test)]
    pub(crate) fn is_released(&self) -> bool {
        lock(&self.shared.inbox).released
    }

    pub(crate) fn receive(&self, packet: InboundPacket) {
        let mut inbox = lock(&self.shared.inbox);
        inbox.received += 1;
        if !inbox.released || inbox.silenced {
            return;
        }
        if inbox.packets.len() == MAX_PACKETS {
            inbox.packets.pop_front();
        }
        inbox.packets.push_back(packet);
    }

    /// Whether the call lets sound be heard; what comes meanwhile is discarded.
    pub(crate) fn set_playing(&self, playing: bool) {
        lock(&self.shared.inbox).silenced = !playing;
    }

    /// Nothing is played until the next [`RemoteAudio::release`].
    pub(crate) fn detach(&self) {
        let mut inbox = lock(&self.shared.inbox);
        inbox.released = false;
        inbox.packets.clear();
    }

    pub(crate) fn stats(&self) -> AudioRecvStats {
        let received = lock(&self.shared.inbox).received;
        let stats = lock(&self.shared.player).buffer.counters();
        AudioRecvStats {
            packets_received: received,
            packets_discarded: stats.discarded,
            samples: stats.samples,
            concealed_samples: stats.concealed_samples,
            silent_concealed_samples: stats.silent_concealed_samples,
            concealment_events: stats.concealment_events,
            jitter_delay: stats.mean_delay(),
            energy: stats.energy,
            ..AudioRecvStats::default()
        }
    }
}

impl std::fmt::Debug for RemoteAudio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RemoteAudio")
    }
}

/// A codec as the jitter buffer wants it: failures become concealment.
struct Decoder(Box<dyn AudioDecoder>);

impl PacketDecoder for Decoder {
    fn decode(&mut self, packet: &[u8], pcm: &mut [f32]) -> Option<usize> {
        self.0.decode(packet, pcm).inspect_err(|error| log::debug!("audio decoder: {error}")).ok()
    }

    fn decode_fec(&mut self, packet: &[u8], pcm: &mut [f32]) -> Option<usize> {
        self.0.decode_fec(packet, pcm).ok()
    }

    fn conceal(&mut self, pcm: &mut [f32]) -> Option<usize> {
        self.0.conceal(pcm).ok()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
