//! The few facts we read from session descriptions (RFC 8866, RFC 9429), and the few lines we add.

use duet_codecs::VideoCodec;
use duet_media::rtp::VIDEO_ORIENTATION;

use crate::tracks::VideoLimits;

/// Transport-wide sequence numbers (draft-holmer-rmcat-transport-wide-cc-extensions-01).
pub(super) const TRANSPORT_CC: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
/// The media section's tag (RFC 9143).
pub(super) const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";

/// What the two sides agreed on, read from an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Negotiated {
    /// Pictures, if agreed on.
    pub video: Option<VideoFormats>,
    /// Sound, if agreed on.
    pub audio: Option<AudioFormat>,
}

/// How pictures travel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct VideoFormats {
    /// The codecs with their payload types, the one to send first.
    pub codecs: Vec<VideoFormat>,
    /// Numbers of the header extensions.
    pub extensions: Extensions,
    /// Whether the other side wants our pictures.
    pub send: bool,
}

/// A video codec and its payload types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VideoFormat {
    /// The codec.
    pub codec: VideoCodec,
    /// Its payload type.
    pub payload_type: u8,
    /// The payload type of its retransmissions (RFC 4588).
    pub rtx: Option<u8>,
    /// Whether lost packets may be asked for (RFC 4585 generic NACK).
    pub nack: bool,
}

/// How sound travels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AudioFormat {
    /// The payload type of Opus.
    pub payload_type: u8,
    /// Numbers of the header extensions.
    pub extensions: Extensions,
    /// Whether the other side wants our sound.
    pub send: bool,
}

/// Numbers of the header extensions (RFC 8285) of a media section, and the section's tag.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Extensions {
    /// [`TRANSPORT_CC`].
    pub transport_cc: Option<u8>,
    /// [`MID`] and its value.
    pub mid: Option<(u8, String)>,
    /// [`VIDEO_ORIENTATION`].
    pub orientation: Option<u8>,
}

impl Negotiated {
    /// Reads an answer; `ours` tells whether we wrote it.
    pub(super) fn from_answer(sdp: &str, ours: bool) -> Negotiated {
        let mut negotiated = Negotiated::default();
        for section in sections(sdp).filter(|section| section.port != 0) {
            let send = section.sends_from(ours);
            match section.kind {
                "video" if negotiated.video.is_none() => {
                    let codecs = section.video_formats();
                    if !codecs.is_empty() {
                        let extensions = section.extensions();
                        negotiated.video = Some(VideoFormats { codecs, extensions, send });
                    }
                }
                "audio" if negotiated.audio.is_none() => {
                    negotiated.audio = section.opus().map(|payload_type| AudioFormat {
                        payload_type,
                        extensions: section.extensions(),
                        send,
                    });
                }
                _ => {}
            }
        }
        negotiated
    }
}

/// What a description of the other side tells of its media, beside how they travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    /// It sends sound.
    pub audio: bool,
    /// It sends pictures.
    pub video: bool,
    /// Its pictures are a screen's.
    pub screen: bool,
    /// What it wants of our pictures.
    pub limits: VideoLimits,
}

impl Hints {
    /// Reads a description that the other side wrote.
    pub(super) fn of(sdp: &str) -> Hints {
        let mut hints = Hints::default();
        let (mut sound, mut pictures) = (false, false);
        for section in sections(sdp).filter(Section::is_live) {
            match section.kind {
                "audio" if !std::mem::replace(&mut sound, true) => hints.audio = section.sends(),
                "video" if !std::mem::replace(&mut pictures, true) => {
                    hints.video = section.sends();
                    hints.screen = hints.video && section.is_screen();
                    hints.limits = section.limits();
                }
                _ => {}
            }
        }
        hints
    }
}

/// Says that the pictures of a description of ours are a screen's (RFC 4796).
pub(super) fn with_screen(sdp: &str) -> String {
    const SLIDES: &str = "a=content:slides\r\n";
    let mut said = String::with_capacity(sdp.len() + SLIDES.len());
    let mut in_video = false;
    for line in sdp.split_inclusive('\n') {
        if line.starts_with("m=") {
            if in_video {
                said.push_str(SLIDES);
            }
            in_video = line.starts_with("m=video");
        }
        said.push_str(line);
    }
    if in_video {
        said.push_str(SLIDES);
    }
    said
}

/// What candidates refer to: the tag of the first media section and the ICE user fragment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct IceTags {
    /// The tag of the first media section: with BUNDLE, everything travels there.
    pub mid: Option<String>,
    /// `a=ice-ufrag`, which names the ICE generation.
    pub ufrag: Option<String>,
}

impl IceTags {
    /// Reads a description.
    pub(super) fn of(sdp: &str) -> IceTags {
        IceTags {
            mid: sections(sdp).next().and_then(|section| section.value("mid")).map(str::to_owned),
            ufrag: sdp
                .lines()
                .find_map(|line| line.trim_end().strip_prefix("a=ice-ufrag:"))
                .map(str::to_owned),
        }
    }
}

/// Whether a description has a section for data channels.
pub(super) fn has_data(sdp: &str) -> bool {
    sections(sdp).any(|section| section.kind == "application" && section.port != 0)
}

/// Says that candidates come one by one (RFC 8840 section 4.1.1), which the writer below us leaves out.
pub(super) fn with_trickle(sdp: &str) -> String {
    const TRICKLE: &str = "a=ice-options:trickle\r\n";
    if sdp.lines().any(|line| line.starts_with("a=ice-options:")) {
        return sdp.to_owned();
    }
    let at = sdp.find("m=").filter(|&at| at == 0 || sdp.as_bytes()[at - 1] == b'\n').unwrap_or(sdp.len());
    format!("{}{TRICKLE}{}", &sdp[..at], &sdp[at..])
}

/// One media section.
struct Section<'a> {
    kind: &'a str,
    port: u16,
    formats: Vec<u8>,
    attributes: Vec<&'a str>,
}

/// The media sections, in order.
fn sections(sdp: &str) -> impl Iterator<Item = Section<'_>> {
    let mut lines = sdp.lines().map(str::trim_end).peekable();
    while lines.next_if(|line| !line.starts_with("m=")).is_some() {}
    std::iter::from_fn(move || {
        let mut media = lines.next()?.strip_prefix("m=")?.split(' ');
        let mut section = Section {
            kind: media.next().unwrap_or_default(),
            port: media.next().and_then(|port| port.split('/').next()?.parse().ok()).unwrap_or(0),
            formats: media.skip(1).filter_map(|format| format.parse().ok()).collect(),
            attributes: Vec::new(),
        };
        while let Some(line) = lines.next_if(|line| !line.starts_with("m=")) {
            section.attributes.extend(line.strip_prefix("a="));
        }
        Some(section)
    })
}

impl<'a> Section<'a> {
    /// The values of all attributes of a name.
    fn values(&self, name: &'a str) -> impl Iterator<Item = &'a str> + '_ {
        self.attributes.iter().filter_map(move |line| line.strip_prefix(name)?.strip_prefix(':'))
    }

    fn value(&self, name: &'a str) -> Option<&'a str> {
        self.values(name).next()
    }

    /// The value an attribute has for a payload type.
    fn of_format(&self, name: &'a str, payload_type: u8) -> impl Iterator<Item = &'a str> + '_ {
        self.values(name)
            .filter_map(|value| value.split_once(' '))
            .filter(move |(number, _)| number.parse() == Ok(payload_type))
            .map(|(_, rest)| rest.trim())
    }

    fn encoding(&self, payload_type: u8) -> Option<&'a str> {
        self.of_format("rtpmap", payload_type).next()?.split('/').next()
    }

    fn parameter(&self, payload_type: u8, name: &str) -> Option<&'a str> {
        self.of_format("fmtp", payload_type)
            .flat_map(|line| line.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
    }

    fn video_formats(&self) -> Vec<VideoFormat> {
        let codec_of = |payload_type| match self.encoding(payload_type)? {
            name if name.eq_ignore_ascii_case("VP8") => Some(VideoCodec::Vp8),
            name if name.eq_ignore_ascii_case("H264") => Some(VideoCodec::H264),
            _ => None,
        };
        let rtx_of = |payload_type: u8| {
            self.formats.iter().copied().find(|&rtx| {
                self.encoding(rtx).is_some_and(|name| name.eq_ignore_ascii_case("rtx"))
                    && self.parameter(rtx, "apt").and_then(|apt| apt.parse().ok()) == Some(payload_type)
            })
        };
        let format_of = |&payload_type: &u8| {
            Some(VideoFormat {
                codec: codec_of(payload_type)?,
                payload_type,
                rtx: rtx_of(payload_type),
                nack: self.of_format("rtcp-fb", payload_type).any(|feedback| feedback == "nack"),
            })
        };
        self.formats.iter().filter_map(format_of).collect()
    }

    /// Whether it is agreed on or offered; one that travels in another one's path has no port of its own (RFC
    /// 8843 section 6).
    fn is_live(&self) -> bool {
        self.port != 0 || self.attributes.contains(&"bundle-only")
    }

    /// Whether its writer sends.
    fn sends(&self) -> bool {
        !self.attributes.contains(&"inactive") && !self.attributes.contains(&"recvonly")
    }

    fn is_screen(&self) -> bool {
        self.values("content").flat_map(|kinds| kinds.split(',')).any(|kind| kind == "slides")
    }

    /// Of the codec its writer likes best: VP8 says them in RFC 7741 section 6.1, H.264 in RFC 6184 section
    /// 8.1; `framerate` is any codec's (RFC 8866 section 6.13).
    fn limits(&self) -> VideoLimits {
        let format = self.video_formats().first().map(|format| format.payload_type);
        let number = |name: &str| format.and_then(|format| self.parameter(format, name)?.parse::<f32>().ok());
        let rates = [self.value("framerate").and_then(|rate| rate.parse().ok()), number("max-fr")];
        let whole = |value: f32| (1.0..1e6).contains(&value).then_some(value as u32);
        VideoLimits {
            fps: rates.into_iter().flatten().filter_map(whole).min(),
            // In macroblocks of 16 by 16.
            pixels: number("max-fs").and_then(whole).map(|blocks| blocks.saturating_mul(256)),
        }
    }

    fn opus(&self) -> Option<u8> {
        let is_opus = |&&pt: &&u8| self.encoding(pt).is_some_and(|name| name.eq_ignore_ascii_case("opus"));
        self.formats.iter().find(is_opus).copied()
    }

    fn extensions(&self) -> Extensions {
        let number = |uri: &str| {
            self.values("extmap").find_map(|value| {
                let mut words = value.split(' ');
                let id = words.next()?.split('/').next()?.parse().ok()?;
                // One-byte headers carry 1 to 14 (RFC 8285 section 4.2).
                (words.next() == Some(uri) && (1..=14).contains(&id)).then_some(id)
            })
        };
        Extensions {
            transport_cc: number(TRANSPORT_CC),
            mid: number(MID).zip(self.value("mid").map(str::to_owned)),
            orientation: number(VIDEO_ORIENTATION),
        }
    }

    /// Whether media may flow from us, given who wrote this section.
    fn sends_from(&self, ours: bool) -> bool {
        let has = |direction| self.attributes.contains(&direction);
        !has("inactive") && !has(if ours { "recvonly" } else { "sendonly" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=rtpmap:111 opus/48000/2\r\n\
        a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\na=sendrecv\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 108 109 96\r\na=mid:1\r\na=rtpmap:108 H264/90000\r\n\
        a=fmtp:108 packetization-mode=1;profile-level-id=42e01f\r\na=rtcp-fb:108 nack\r\na=rtcp-fb:108 nack pli\r\n\
        a=rtpmap:109 rtx/90000\r\na=fmtp:109 apt=108\r\na=rtpmap:96 VP8/90000\r\n\
        a=extmap:4/sendrecv urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:5 urn:3gpp:video-orientation\r\na=recvonly\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";

    #[test]
    fn an_answer_tells_codecs_payload_types_and_extensions() {
        let negotiated = Negotiated::from_answer(ANSWER, false);
        let video = negotiated.video.unwrap();
        assert_eq!(
            video.codecs,
            [
                VideoFormat { codec: VideoCodec::H264, payload_type: 108, rtx: Some(109), nack: true },
                VideoFormat { codec: VideoCodec::Vp8, payload_type: 96, rtx: None, nack: false },
            ]
        );
        assert_eq!(video.extensions.mid, Some((4, "1".into())));
        assert_eq!(video.extensions.orientation, Some(5));
        let audio = negotiated.audio.unwrap();
        assert_eq!((audio.payload_type, audio.extensions.transport_cc), (111, Some(3)));
    }

    #[test]
    fn a_one_way_section_allows_sending_to_its_receiver_only() {
        assert!(Negotiated::from_answer(ANSWER, false).video.unwrap().send);
        assert!(!Negotiated::from_answer(ANSWER, true).video.unwrap().send);
    }

    /// An offer of Firefox with a camera, shortened: a rate and a size for VP8.
    const FIREFOX: &str = "v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 5 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 109\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\na=mid:0\r\na=rtpmap:109 opus/48000/2\r\n\
        m=video 0 UDP/TLS/RTP/SAVPF 120 126\r\nc=IN IP4 0.0.0.0\r\na=bundle-only\r\na=sendrecv\r\n\
        a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1\r\n\
        a=fmtp:120 max-fs=12288;max-fr=60\r\na=mid:1\r\na=rtpmap:120 VP8/90000\r\na=rtpmap:126 H264/90000\r\n";

    #[test]
    fn a_description_tells_what_its_writer_sends_and_wants() {
        let limits = VideoLimits { fps: Some(60), pixels: Some(12_288 * 256) };
        let firefox = Hints { audio: false, video: true, screen: false, limits };
        assert_eq!(Hints::of(FIREFOX), firefox);
        let slower = FIREFOX.replace("a=mid:1", "a=framerate:29.97\r\na=mid:1");
        assert_eq!(Hints::of(&slower).limits.fps, Some(29));
        assert_eq!(Hints::of(ANSWER), Hints { audio: true, ..Hints::default() });
        for nonsense in ["max-fr=0", "max-fr=-5", "max-fr=NaN", "max-fr=9e99", "max-fr="] {
            assert_eq!(Hints::of(&FIREFOX.replace("max-fr=60", nonsense)).limits.fps, None);
        }
    }

    #[test]
    fn a_screen_is_said_in_the_video_section_and_understood() {
        for sdp in [FIREFOX, &FIREFOX.replace("m=video 0", "m=video 9")] {
            let said = with_screen(sdp);
            assert!(Hints::of(&said).screen && !Hints::of(sdp).screen);
            assert_eq!(said.replace("a=content:slides\r\n", ""), sdp);
        }
        let before_data = with_screen(&ANSWER.replace("a=recvonly", "a=sendrecv"));
        assert!(before_data.contains("a=sendrecv\r\na=content:slides\r\nm=application"));
        assert!(Hints::of(&FIREFOX.replace("a=mid:1", "a=content:main,slides")).screen);
        let nothing = with_screen(FIREFOX).replace("a=sendrecv", "a=recvonly");
        assert!(!Hints::of(&nothing).screen, "who sends no pictures shares no screen");
    }

    #[test]
    fn a_rejected_section_is_not_negotiated() {
        let rejected = ANSWER.replace("m=video 9", "m=video 0");
        assert_eq!(Negotiated::from_answer(&rejected, true).video, None);
    }

    #[test]
    fn candidates_name_the_first_section_and_the_generation() {
        let tags = IceTags::of(ANSWER);
        assert_eq!(tags, IceTags { mid: Some("0".into()), ufrag: Some("abcd".into()) });
        assert!(has_data(ANSWER));
    }

    #[test]
    fn the_trickle_option_is_added_once_before_the_first_section() {
        let once = with_trickle(ANSWER);
        assert!(once.contains("t=0 0\r\na=ice-options:trickle\r\nm=audio"));
        assert_eq!(with_trickle(&once), once);
    }

    #[test]
    fn nonsense_is_read_as_nothing() {
        for text in ["", "m=", "m=video", "m=video x y z\r\na=rtpmap:", "\u{0}\u{7f}m=audio 9"] {
            assert_eq!(Negotiated::from_answer(text, true), Negotiated::default());
            assert_eq!(Hints::of(text).limits, VideoLimits::default());
            let _ = (IceTags::of(text), has_data(text), with_trickle(text), with_screen(text));
        }
    }
}
