//! Makes a peer connection with our settings.

use std::sync::Arc;
use std::time::Duration;

use duet_codecs::VideoCodec;
use duet_media::rtp::VIDEO_ORIENTATION;
use duet_signal::message::IceServer;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::{ReceiverReportBuilder, Slot, TwccReceiverBuilder};
use rtc::mdns::MulticastSocket;
use rtc::media_stream::MediaStreamTrack;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RTCRtpRtxParameters, RtpCodecKind,
};
use webrtc::error::Result;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, RTCConfigurationBuilder, RTCIceServer,
    RTCIceTransportPolicy, Registry, SettingEngine, SettingEngineBuilder,
};
use webrtc::runtime::Runtime;

use super::super::{PeerConfig, PeerError, sdp};
use super::handler::Handler;
use super::interfaces::AllInterfaces;
use super::transport::{Streams, Transport};

/// Pause between connectivity checks. RFC 8445 section 14 allows 5 ms; at 10 ms two hosts are connected
/// after one or two checks, and the usual six pairs cost 15 kB in the blink it lasts.
const CHECK_INTERVAL: Duration = Duration::from_millis(10);
/// Checks per pair before it is given up: ten seconds, for the other side may still be answering.
const MAX_CHECKS: u16 = 1_000;
/// Consent checks (RFC 7675) at this interval while nothing else is heard.
const KEEPALIVE: Duration = Duration::from_secs(1);
/// Silence after which we say "disconnected" and look for another path: three lost checks in a row are
/// hardly chance, and a listener gives up waiting at about this time.
const DISCONNECTED_AFTER: Duration = Duration::from_secs(3);
/// Silence after that before the path is given up. Recovery is decided above us; this only bounds it.
const FAILED_AFTER: Duration = Duration::from_secs(27);
/// How long a relayed pair waits for a direct one to turn up: a direct path that answers later than a
/// relay by more than this is the slower one.
const RELAY_WAIT: Duration = Duration::from_millis(200);
/// Interval of arrival reports. Half the usual 100 ms: the other side's estimate reacts sooner, for
/// 6 kbit/s.
const FEEDBACK_INTERVAL: Duration = Duration::from_millis(50);

/// Where we stand in the packet path: nearer to the application than the arrival recorders, so that they
/// see repairs as they came.
const TRANSPORT_SLOT: usize = 3_000;
const ARRIVAL_SLOT: usize = 2_000;
const REPORT_SLOT: usize = 2_100;

/// Makes the connection and its senders. Sockets are open when this returns.
pub(super) async fn build(
    config: &PeerConfig,
    servers: &[IceServer],
    mdns: MulticastDnsMode,
    runtime: Arc<dyn Runtime>,
    handler: Arc<Handler>,
    transport: Transport,
    streams: Streams,
) -> std::result::Result<Arc<dyn PeerConnection>, PeerError> {
    let connection = PeerConnectionBuilder::new()
        .with_configuration(configuration(config, servers))
        .with_media_engine(media_engine(config).map_err(transport_error)?)
        .with_setting_engine(settings(config, mdns))
        .with_interceptor_registry(registry(transport))
        .with_handler(handler)
        .with_runtime(runtime)
        .with_udp_addrs(vec![AllInterfaces])
        .build()
        .await
        .map_err(transport_error)?;
    let connection: Arc<dyn PeerConnection> = Arc::new(connection);
    add_senders(&*connection, config, streams).await.map_err(transport_error)?;
    Ok(connection)
}

/// Whether names ending in `.local`, behind which browsers hide their addresses, can be asked for.
/// Multicast may be forbidden (mobile systems want a permission) or impossible (no network), and then
/// neither a connection nor an ICE restart could bind its sockets.
pub(super) fn mdns_mode() -> MulticastDnsMode {
    match MulticastSocket::new().into_std() {
        Ok(_) => MulticastDnsMode::QueryOnly,
        Err(error) => {
            log::debug!("no multicast DNS: {error}");
            MulticastDnsMode::Disabled
        }
    }
}

fn transport_error(error: webrtc::error::Error) -> PeerError {
    PeerError::Transport(error.to_string())
}

fn configuration(config: &PeerConfig, servers: &[IceServer]) -> webrtc::peer_connection::RTCConfiguration {
    let servers = servers.iter().cloned().map(|server| RTCIceServer {
        urls: server.urls,
        username: server.username.unwrap_or_default(),
        credential: server.credential.unwrap_or_default(),
    });
    let policy = if config.relay_only { RTCIceTransportPolicy::Relay } else { RTCIceTransportPolicy::All };
    RTCConfigurationBuilder::new()
        .with_ice_servers(servers.collect())
        .with_ice_transport_policy(policy)
        .build()
}

fn settings(config: &PeerConfig, mdns: MulticastDnsMode) -> SettingEngine {
    let relay_wait = if config.relay_only { Duration::ZERO } else { RELAY_WAIT };
    SettingEngineBuilder::new()
        .with_ice_timeouts(Some(DISCONNECTED_AFTER), Some(FAILED_AFTER), Some(KEEPALIVE))
        .with_ice_connection_attempts(Some(CHECK_INTERVAL), Some(MAX_CHECKS))
        .with_host_acceptance_min_wait(Some(Duration::ZERO))
        .with_srflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_relay_acceptance_min_wait(Some(relay_wait))
        .with_multicast_dns_mode(mdns)
        .with_include_loopback_candidate(true)
        // An ICE restart binds new sockets: after a change of network the old ones lead nowhere.
        .with_discard_local_candidates_during_ice_restart(true)
        .build()
}

fn registry(transport: Transport) -> Registry {
    Registry::new()
        .with(Slot::from(ARRIVAL_SLOT), TwccReceiverBuilder::new().with_interval(FEEDBACK_INTERVAL).build())
        .with(Slot::from(REPORT_SLOT), ReceiverReportBuilder::new().build())
        .with(Slot::from(TRANSPORT_SLOT), transport)
}

fn media_engine(config: &PeerConfig) -> Result<MediaEngine> {
    let mut engine = MediaEngine::default();
    engine.register_codec(opus(), RtpCodecKind::Audio)?;
    for &codec in &config.codecs {
        for parameters in video_codec(codec) {
            engine.register_codec(parameters, RtpCodecKind::Video)?;
        }
    }
    for (uri, kinds) in [
        (sdp::TRANSPORT_CC, &[RtpCodecKind::Audio, RtpCodecKind::Video][..]),
        (sdp::MID, &[RtpCodecKind::Audio, RtpCodecKind::Video]),
        (VIDEO_ORIENTATION, &[RtpCodecKind::Video]),
    ] {
        for &kind in kinds {
            let extension = RTCRtpHeaderExtensionCapability { uri: uri.into() };
            engine.register_header_extension(extension, kind, None)?;
        }
    }
    Ok(engine)
}

/// RFC 7587.
fn opus() -> RTCRtpCodecParameters {
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: "audio/opus".into(),
            clock_rate: 48_000,
            channels: 2,
            sdp_fmtp_line: "minptime=10;useinbandfec=1".into(),
            rtcp_feedback: vec![feedback("transport-cc", "")],
        },
        payload_type: 111,
    }
}

/// A codec and its retransmission format. Payload types are those browsers use, for readability.
fn video_codec(codec: VideoCodec) -> [RTCRtpCodecParameters; 2] {
    let (payload_type, format) = match codec {
        VideoCodec::Vp8 => (96, ""),
        // Constrained baseline, level 3.1 as the floor both ways: what every browser decodes.
        VideoCodec::H264 => (102, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
    };
    let video = |mime: &str, format: String, rtcp_feedback| RTCRtpCodec {
        mime_type: mime.into(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: format,
        rtcp_feedback,
    };
    let wanted = vec![
        feedback("nack", ""),
        feedback("nack", "pli"),
        feedback("ccm", "fir"),
        feedback("transport-cc", ""),
    ];
    [
        RTCRtpCodecParameters { rtp_codec: video(codec.mime_type(), format.into(), wanted), payload_type },
        RTCRtpCodecParameters {
            rtp_codec: video("video/rtx", format!("apt={payload_type}"), Vec::new()),
            payload_type: payload_type + 1,
        },
    ]
}

fn feedback(kind: &str, parameter: &str) -> RTCPFeedback {
    RTCPFeedback { typ: kind.into(), parameter: parameter.into() }
}

/// One sender per kind, for the life of the connection: a sender whose track is exchanged falls silent.
/// They name no codec, so that all are offered; [`Transport`] does the sending.
async fn add_senders(connection: &dyn PeerConnection, config: &PeerConfig, streams: Streams) -> Result<()> {
    let kinds = [
        (config.audio, RtpCodecKind::Audio, "audio", streams.audio, None),
        (
            config.video && !config.codecs.is_empty(),
            RtpCodecKind::Video,
            "video",
            streams.video,
            Some(streams.rtx),
        ),
    ];
    for (_, kind, name, ssrc, rtx) in kinds.into_iter().filter(|kind| kind.0) {
        let coding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(ssrc),
                rtx: rtx.map(|ssrc| RTCRtpRtxParameters { ssrc }),
                ..Default::default()
            },
            active: true,
            ..Default::default()
        };
        let track =
            MediaStreamTrack::new("duet".into(), format!("duet-{name}"), name.into(), kind, vec![coding]);
        connection.add_transceiver_from_track(Arc::new(TrackLocalStaticRTP::new(track)), None).await?;
    }
    Ok(())
}
