//! Media between outbox, wire and sink: pacing, numbering, estimation, retransmission, loss detection.
//!
//! One object on the connection's own task. The parts that decide are pure ([`duet_media::send`],
//! [`duet_media::recv`]); this only connects them with packets.

mod receive;
mod reports;
mod send;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duet_media::Time;
use rtc::interceptor::{AttributedPacket, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp;
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::sansio::Protocol;
use rtc::shared::TransportContext;
use rtc::shared::error::Error;
use tokio::sync::mpsc;

use super::super::shared::Shared;
use super::super::{MediaSink, PeerConfig, PeerEvent};
use crate::clock;
use receive::Receiver;
use send::Sender;

/// How often time passes for the estimator, statistics and reports when nothing else happens.
const TICK: Duration = Duration::from_millis(100);

/// The synchronisation sources of what we send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streams {
    pub audio: u32,
    pub video: u32,
    pub rtx: u32,
}

impl Streams {
    /// Three different numbers (RFC 3550 section 8.1).
    pub(super) fn random() -> Self {
        let audio = rand::random();
        // Odd offsets: neither can be zero nor equal to the other.
        Streams {
            audio,
            video: u32::wrapping_add(audio, 0x5555_5555),
            rtx: u32::wrapping_add(audio, 0xaaaa_aaab),
        }
    }
}

/// RTCP packets on their way.
type Rtcp = Box<dyn rtcp::Packet>;

/// The packet path of one connection, both ways.
pub(super) struct Transport {
    shared: Arc<Shared>,
    terms_seen: u64,
    send: Sender,
    receive: Receiver,
    /// Set once packets can leave: before that nobody takes what we have.
    live: bool,
    ticked_at: Time,
    epoch: (Instant, Time),
    out: VecDeque<TaggedPacket>,
    feedback: Vec<Rtcp>,
}

impl Transport {
    pub(super) fn new(
        config: &PeerConfig,
        streams: Streams,
        shared: Arc<Shared>,
        sink: Arc<dyn MediaSink>,
        events: mpsc::Sender<PeerEvent>,
    ) -> Self {
        let now = Instant::now();
        Transport {
            terms_seen: 0,
            send: Sender::new(config, streams, Arc::clone(&shared), events),
            receive: Receiver::new(streams.video, sink),
            shared,
            live: false,
            ticked_at: Time::ZERO,
            epoch: (now, clock::at(now)),
            out: VecDeque::new(),
            feedback: Vec::new(),
        }
    }

    /// Does what is due at `now`.
    fn advance(&mut self, now: Time) {
        if let Some(terms) = self.shared.newer_terms(&mut self.terms_seen) {
            self.send.set_terms(&terms.negotiated);
            self.receive.set_terms(&terms.negotiated);
        }
        if self.shared.take_route_changed() {
            self.send.on_route_changed();
        }
        if self.shared.take_key_frame_wanted() {
            self.receive.want_key_frame(now);
        }
        if now.since(self.ticked_at) >= TICK {
            self.ticked_at = now;
            self.send.tick(now);
            if let Some(rtt) = self.send.rtt() {
                self.receive.set_rtt(rtt);
            }
            self.publish();
        }
        self.receive.poll(now, &mut self.feedback);
        self.send.poll(now, &mut self.out, &mut self.feedback);
        for packet in self.feedback.drain(..) {
            self.out.push_back(tagged(self.epoch.0 + now.since(self.epoch.1), Packet::Rtcp(vec![packet])));
        }
    }

    fn publish(&self) {
        self.shared.with_stats(|stats| {
            self.send.publish(stats);
            self.receive.publish(stats);
        });
    }

    fn on_rtcp(&mut self, packets: &[Rtcp], now: Time) {
        for packet in packets {
            let packet = packet.as_any();
            if let Some(feedback) = packet.downcast_ref::<TransportLayerCc>() {
                self.send.on_transport_feedback(feedback, now);
            } else if let Some(nack) = packet.downcast_ref::<TransportLayerNack>() {
                self.send.on_nack(nack, now);
            } else if let Some(pli) = packet.downcast_ref::<PictureLossIndication>() {
                self.send.on_key_frame_request([pli.media_ssrc], now);
            } else if let Some(fir) = packet.downcast_ref::<FullIntraRequest>() {
                self.send.on_key_frame_request(fir.fir.iter().map(|entry| entry.ssrc), now);
            } else if let Some(report) = packet.downcast_ref::<ReceiverReport>() {
                self.send.on_reports(&report.reports, now);
            } else if let Some(report) = packet.downcast_ref::<SenderReport>() {
                self.send.on_reports(&report.reports, now);
            }
        }
    }

    fn instant(&self, time: Time) -> Instant {
        self.epoch.0 + time.since(self.epoch.1)
    }
}

fn tagged(now: Instant, packet: Packet) -> TaggedPacket {
    TaggedPacket { now, transport: TransportContext::default(), message: AttributedPacket::new(packet) }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Transport {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    /// Nothing goes further up: media goes to the sink, reports end here.
    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        let now = clock::at(message.now);
        match message.message.packet {
            Packet::Rtp(packet) => self.receive.on_packet(packet, now),
            Packet::Rtcp(packets) => self.on_rtcp(&packets, now),
            _ => {}
        }
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        None
    }

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.out.push_back(message);
        Ok(())
    }

    /// Called whenever the driver has been awake; only once the connection is encrypted.
    fn poll_write(&mut self) -> Option<TaggedPacket> {
        if self.out.is_empty() {
            self.live = true;
            self.advance(clock::now());
        }
        self.out.pop_front()
    }

    fn handle_timeout(&mut self, _: Instant) -> Result<(), Error> {
        Ok(())
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        if !self.live {
            return None;
        }
        let now = clock::now();
        let due = [Some(self.ticked_at + TICK), self.send.next_timeout(now), self.receive.next_timeout()];
        due.into_iter().flatten().min().map(|time| self.instant(time))
    }

    fn close(&mut self) -> Result<(), Error> {
        self.live = false;
        self.publish();
        Ok(())
    }
}

/// Streams are told apart by payload type and by our own numbers, so nothing needs binding.
impl Interceptor for Transport {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}
