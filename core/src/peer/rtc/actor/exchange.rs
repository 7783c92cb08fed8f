//! Descriptions: offers made, answers given, and what is done when one cannot be used.

use std::sync::Arc;
use std::time::Instant;

use duet_signal::message::{DescriptionKind, IceCandidate};
use rtc::ice::mdns::MulticastDnsMode;
use rtc::peer_connection::configuration::RTCOfferOptions;
use webrtc::peer_connection::{RTCIceCandidateInit, RTCSessionDescription};

use super::super::super::negotiation::{OfferKind, Verdict};
use super::super::super::sdp::{self, Hints, IceTags, Negotiated};
use super::super::super::shared::Terms;
use super::super::super::{PeerError, PeerEvent, SessionDescription};
use super::super::builder;
use super::Connection;

impl Connection {
    pub(super) async fn restart(&mut self) {
        if self.negotiation.want_restart(Instant::now())
            && let Err(error) = self.roll_back_own().await
        {
            self.fail(PeerError::Transport(error.to_string())).await;
        }
    }

    pub(super) async fn make_due_offer(&mut self) {
        match self.negotiation.take_due_offer() {
            // Binding new sockets would fail for want of a network, and with it the connection.
            Some(OfferKind::IceRestart) if self.needs_multicast && !has_multicast() => {
                self.negotiation.want_offer(OfferKind::IceRestart);
            }
            Some(kind) => self.offer(kind).await,
            None => {}
        }
    }

    async fn offer(&mut self, kind: OfferKind) {
        let result = async {
            // A channel that is not part of the first offer never opens.
            self.make_control().await?;
            let ice_restart = kind == OfferKind::IceRestart;
            let offer = self.connection.create_offer(Some(RTCOfferOptions { ice_restart })).await?;
            self.connection.set_local_description(offer.clone()).await?;
            Ok::<_, webrtc::error::Error>(offer)
        };
        match result.await {
            Ok(offer) => {
                let exchange = self.negotiation.offered(kind, Instant::now());
                self.announce(DescriptionKind::Offer, &offer.sdp, Some(exchange)).await;
            }
            Err(error) => self.fail(PeerError::Transport(error.to_string())).await,
        }
    }

    pub(super) async fn on_description(&mut self, description: SessionDescription) {
        let SessionDescription { kind, sdp, exchange } = description;
        let verdict = self.negotiation.judge(kind, exchange);
        if verdict == Verdict::Ignore {
            log::debug!("a description ({kind:?}) was ignored");
            return;
        }
        let result = async {
            if verdict == Verdict::RollBackAndApply {
                self.roll_back_own().await?;
            }
            let description = match kind {
                DescriptionKind::Offer => RTCSessionDescription::offer(sdp.clone())?,
                DescriptionKind::Answer => RTCSessionDescription::answer(sdp.clone())?,
            };
            self.connection.set_remote_description(description).await
        };
        if let Err(error) = result.await {
            self.refuse(kind, error).await;
            return;
        }
        let candidates = self.negotiation.applied_remote(kind, IceTags::of(&sdp));
        let hints = Hints::of(&sdp);
        if self.hints.replace(hints) != Some(hints) {
            self.tell(PeerEvent::Hints(hints)).await;
        }
        match kind {
            DescriptionKind::Offer => {
                if !self.answer(exchange).await {
                    return;
                }
            }
            DescriptionKind::Answer => self.agree(&sdp, false).await,
        }
        for candidate in candidates {
            self.add_candidate(candidate).await;
        }
    }

    /// Answers the offer just applied, which had this number.
    async fn answer(&mut self, exchange: Option<u32>) -> bool {
        let result = async {
            let answer = self.connection.create_answer(None).await?;
            self.connection.set_local_description(answer.clone()).await?;
            Ok::<_, webrtc::error::Error>(answer)
        };
        match result.await {
            Ok(answer) => {
                self.negotiation.answered();
                // The offer carried the channel, if the other side wants one.
                self.control_made |= sdp::has_data(&answer.sdp);
                self.announce(DescriptionKind::Answer, &answer.sdp, exchange).await;
                self.agree(&answer.sdp, true).await;
                true
            }
            Err(error) => {
                self.refuse(DescriptionKind::Offer, error).await;
                false
            }
        }
    }

    /// A description that cannot be used: back to where we were, as far as possible. Only without the
    /// first there is no connection; later ones leave the one we have.
    async fn refuse(&mut self, kind: DescriptionKind, error: webrtc::error::Error) {
        // Fails when the description was refused after it had ended the exchange, or before it began one.
        let _ = match kind {
            DescriptionKind::Offer => self.roll_back_theirs().await,
            DescriptionKind::Answer => self.roll_back_own().await,
        };
        self.negotiation.dropped();
        if self.negotiation.has_agreed() {
            log::warn!("a description ({kind:?}) in a call was refused");
            log::debug!("it was refused: {error}");
            return;
        }
        let error = match error {
            webrtc::error::Error::ErrSenderWithNoCodecs
            | webrtc::error::Error::ErrRTPTransceiverCodecUnsupported => PeerError::NoCommonCodec,
            error => PeerError::Description(error.to_string()),
        };
        self.fail(error).await;
    }

    async fn roll_back_own(&self) -> Result<(), webrtc::error::Error> {
        let rollback = RTCSessionDescription::rollback(None)?;
        self.connection.set_local_description(rollback).await
    }

    async fn roll_back_theirs(&self) -> Result<(), webrtc::error::Error> {
        let rollback = RTCSessionDescription::rollback(None)?;
        self.connection.set_remote_description(rollback).await
    }

    /// Tells the other side our description.
    async fn announce(&mut self, kind: DescriptionKind, sdp: &str, exchange: Option<u32>) {
        self.local_tags = IceTags::of(sdp);
        let mut sdp = sdp::with_trickle(sdp);
        if self.screen {
            sdp = sdp::with_screen(&sdp);
        }
        let description = SessionDescription { kind, sdp, exchange };
        self.tell(PeerEvent::Description(description)).await;
    }

    /// An answer is in force, theirs or ours.
    async fn agree(&mut self, answer: &str, ours: bool) {
        let negotiated = Arc::new(Negotiated::from_answer(answer, ours));
        if negotiated.video.is_none() && negotiated.audio.is_none() {
            self.fail(PeerError::NoCommonCodec).await;
            return;
        }
        self.shared.set_terms(Terms { negotiated: Arc::clone(&negotiated) });
        if let Some(format) = negotiated.video.as_ref().and_then(|video| video.codecs.first()) {
            self.tell(PeerEvent::NegotiatedVideo(format.codec)).await;
        }
    }

    pub(super) async fn add_candidate(&self, candidate: IceCandidate) {
        let candidate = RTCIceCandidateInit {
            candidate: candidate.candidate,
            sdp_mid: candidate.sdp_mid,
            sdp_mline_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment,
            url: None,
        };
        // Candidates are hints: one of an unknown kind must not end a call.
        if let Err(error) = self.connection.add_ice_candidate(candidate).await {
            log::debug!("a candidate of the other side was not used: {error}");
        }
    }
}

fn has_multicast() -> bool {
    builder::mdns_mode() != MulticastDnsMode::Disabled
}
